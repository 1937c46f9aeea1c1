#!/usr/bin/env python3
"""Opens every page of the built book in a browser and fails if a page requests anything from another
host, links to a missing file or anchor, reports an error, or is wider than its window (of a desktop or a
phone).

    python3 book/check-pages.py [--screenshots DIR] [FOLDER]

The pages are served locally under a content security policy that allows no other host, so the browser
blocks such a request and reports the page and the address. All pages are frames of one page, so the browser
starts only once; --screenshots starts it again for each screenshot.
"""

import argparse
import functools
import html.parser
import http.server
import json
import pathlib
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.parse

WIDTHS = {"desktop": 1200, "phone": 390}
THEMES = {"light": "light", "dark": "navy"}
TIMEOUT_S = 120
POLICY = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:"

# Inserted into every page before its own scripts. It sends problems and the height of the page to the server.
PROBE = """<script>{
  const page = location.pathname.slice(1), theme = new URLSearchParams(location.search).get('theme');
  const send = (kind, text) => navigator.sendBeacon('/-/report', JSON.stringify({page, kind, text: String(text)}));
  if (theme) localStorage.setItem('mdbook-theme', theme);
  window.print = () => {};
  console.error = (...words) => send('problem', 'console: ' + words.join(' '));
  addEventListener('securitypolicyviolation', e => send('problem', 'requests another host: ' + e.blockedURI));
  addEventListener('unhandledrejection', e => send('problem', 'script: ' + e.reason));
  addEventListener('error', e => e.message && send('problem', `script: ${e.message} (${e.filename}:${e.lineno})`));
  addEventListener('load', async () => {
    await document.fonts.ready;
    const content = document.querySelector('#mdbook-content'), width = innerWidth;
    if (content && content.scrollWidth > content.clientWidth + 1)
      send('problem', `the content is ${content.scrollWidth} px wide, but only ${content.clientWidth} px fit (window of ${width} px)`);
    send('height', JSON.stringify([width, document.documentElement.scrollHeight]));
    send('done', '');
  });
}</script>"""


class Links(html.parser.HTMLParser):
    """The anchors of a page, the targets of its links, and the resources that it loads."""

    def __init__(self, text):
        super().__init__()
        self.anchors, self.targets, self.resources = set(), set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("id", "name") and value:
                self.anchors.add(value)
            elif name in ("href", "src") and value and not value.startswith(("data:", "javascript:")):
                (self.targets if tag in ("a", "area") else self.resources).add(value)


def link_location(chapters, page, target):
    """The page, with the line of its chapter that has this link if it is found."""
    end = "#" + urllib.parse.urlsplit(target).fragment if "#" in target else target
    chapter = chapters / pathlib.PurePath(page).with_suffix(".md")
    lines = chapter.read_text(encoding="utf-8").split("\n") if chapter.is_file() else []
    for number, line in enumerate(lines, 1):
        if f"{end})" in line:
            return f"{page} ({chapter.relative_to(chapters.parents[1])}:{number})"
    return page


def dead_links(book, pages, chapters):
    """Yields links to missing files and anchors, and resources on other hosts. The server reports missing resources."""
    links = {page: Links((book / page).read_text(encoding="utf-8")) for page in pages}
    for page, here in links.items():
        for resource in here.resources:
            if urllib.parse.urlsplit(resource).netloc:
                yield page, f"requests another host: {resource}"
        for target in here.targets:
            url = urllib.parse.urlsplit(target)
            if url.scheme or url.netloc:
                continue
            path = urllib.parse.unquote(url.path)
            file = (book / page).parent / path if path else book / page
            file = file / "index.html" if file.is_dir() else file
            if not file.is_file():
                yield link_location(chapters, page, target), f"links to {target}, but there is no such file"
                continue
            there = links.get(file.resolve().relative_to(book).as_posix())
            anchor = urllib.parse.unquote(url.fragment)
            if anchor and there and anchor not in there.anchors:
                yield link_location(chapters, page, target), f"links to {target}, but there is no such anchor"


class Server(http.server.ThreadingHTTPServer):
    """Serves the book on a free local port. `messages` holds what the pages and the server report."""

    def __init__(self, book, pages):
        super().__init__(("127.0.0.1", 0), functools.partial(Handler, directory=str(book)))
        self.pages, self.messages = pages, queue.Queue()
        self.address = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        page = urllib.parse.unquote(url.path[1:])
        if url.path == "/-/frames":
            frame = '<iframe src="/{}" width={} height=800></iframe>'
            self.page("".join(frame.format(p, w) for p in self.server.pages for w in WIDTHS.values()))
        elif url.path == "/-/frame":
            q = dict(urllib.parse.parse_qsl(url.query))
            self.page(f'<style>body {{ margin: 0 }} iframe {{ border: 0; display: block }}</style><iframe scrolling=no '
                      f'src="/{q["page"]}?theme={q["theme"]}" width={q["width"]} height={q["height"]}></iframe>')
        elif page in self.server.pages:
            text = (pathlib.Path(self.directory) / page).read_text(encoding="utf-8")
            self.page(text.replace("<head>", "<head>" + PROBE, 1))
        else:
            super().do_GET()

    def page(self, text):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(text.encode())

    def do_POST(self):
        self.server.messages.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def send_error(self, code, message=None, explain=None):
        referrer = urllib.parse.urlsplit(self.headers.get("Referer", "")).path[1:]
        if self.path != "/favicon.ico":  # browsers request it from every server
            text = f"requests {self.path}, which is not in the book (HTTP {code})"
            self.server.messages.put({"page": referrer, "kind": "problem", "text": text})
        super().send_error(code, message, explain)

    def log_message(self, *_):
        pass


def browser(*arguments):
    """Starts Chromium with a temporary profile; it can connect only to this machine."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        sys.exit("chromium is not installed; run: apt-get install chromium")
    profile = tempfile.mkdtemp(prefix="check-pages-")
    process = subprocess.Popen(
        [program, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
         "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", f"--user-data-dir={profile}", *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return process, profile


def close(process, profile):
    process.terminate()
    process.wait()
    shutil.rmtree(profile, ignore_errors=True)


def visit(server):
    """Opens all pages at all widths. Returns (page, problem) pairs, and the height of each page at each width."""
    problems, heights = [], {}
    started = browser("--remote-debugging-port=0", f"{server.address}/-/frames")
    try:
        waiting = len(server.pages) * len(WIDTHS)
        while waiting:
            message = server.messages.get(timeout=TIMEOUT_S)
            match message["kind"]:
                case "done":
                    waiting -= 1
                case "height":
                    width, height = json.loads(message["text"])
                    heights[message["page"], width] = height
                case _:
                    problems.append((message["page"], message["text"]))
    except queue.Empty:
        missing = {(p, w) for p in server.pages for w in WIDTHS.values()} - set(heights)
        problems += [(p, f"did not load within {TIMEOUT_S} s (window of {w} px)") for p, w in missing]
    finally:
        close(*started)
    return problems, heights


def screenshots(server, heights, folder):
    """Saves a screenshot of each page at each width and in each theme."""
    folder.mkdir(parents=True, exist_ok=True)
    for (page, width), height in sorted(heights.items()):
        height = min(height, 12_000)  # a longer screenshot would be blank
        size = next(name for name, w in WIDTHS.items() if w == width)
        for theme, mdbook_theme in THEMES.items():
            file = folder / f"{page.removesuffix('.html').replace('/', '-')}-{size}-{theme}.png"
            query = urllib.parse.urlencode(dict(page=page, theme=mdbook_theme, width=width, height=height))
            process, profile = browser(f"--window-size={width},{height}", f"--screenshot={file.resolve()}",
                                       "--virtual-time-budget=3000", f"{server.address}/-/frame?{query}")
            process.wait(TIMEOUT_S)
            close(process, profile)
            print(file)


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", nargs="?", type=pathlib.Path, default=root / "target/book/html", metavar="FOLDER")
    parser.add_argument("--screenshots", type=pathlib.Path, metavar="DIR", help="save a screenshot of every page at both widths and in both themes")
    arguments = parser.parse_args()
    book = arguments.folder.resolve()
    pages = sorted(p.relative_to(book).as_posix() for p in book.rglob("*.html"))
    if not pages:
        sys.exit(f"{book} contains no pages; run `just book` first")

    problems = list(dead_links(book, pages, root / "book/src"))
    server = Server(book, pages)
    found, heights = visit(server)
    problems = sorted(set(problems + found))
    for page, problem in problems:
        print(f"{page}: {problem}", file=sys.stderr)
    if arguments.screenshots:
        screenshots(server, heights, arguments.screenshots)
    if problems:
        sys.exit(f"{len(problems)} problem(s) in {len(pages)} pages")
    print(f"{len(pages)} pages: no dead links, no requests to other hosts, no errors")


if __name__ == "__main__":
    main()

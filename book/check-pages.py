#!/usr/bin/env python3
"""Opens every page of the built book in a browser and fails if one of them asks another host for
anything, misses a file or an anchor, reports an error, or is wider than its window (a desk's or a
phone's).

    python3 book/check-pages.py [--screenshots DIR] [FOLDER]

The pages are served from this machine under a content security policy that allows no other host, so
the browser itself refuses such a request and says which page made it and for what. All pages are
frames of one, and the browser starts once; --screenshots starts it once more for each picture.
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

WIDTHS = {"desk": 1200, "phone": 390}
THEMES = {"light": "light", "dark": "navy"}
TIMEOUT_S = 120
POLICY = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:"

# Put into every page before its own scripts: tells the server what goes wrong, and how tall the page is.
PROBE = """<script>{
  const page = location.pathname.slice(1), theme = new URLSearchParams(location.search).get('theme');
  const tell = (kind, text) => navigator.sendBeacon('/-/tell', JSON.stringify({page, kind, text: String(text)}));
  if (theme) localStorage.setItem('mdbook-theme', theme);
  window.print = () => {};
  console.error = (...words) => tell('problem', 'console: ' + words.join(' '));
  addEventListener('securitypolicyviolation', e => tell('problem', 'asks another host: ' + e.blockedURI));
  addEventListener('unhandledrejection', e => tell('problem', 'script: ' + e.reason));
  addEventListener('error', e => e.message && tell('problem', `script: ${e.message} (${e.filename}:${e.lineno})`));
  addEventListener('load', async () => {
    await document.fonts.ready;
    const content = document.querySelector('#mdbook-content'), width = innerWidth;
    if (content && content.scrollWidth > content.clientWidth + 1)
      tell('problem', `is ${content.scrollWidth} px wide where there are ${content.clientWidth} (window of ${width} px)`);
    tell('height', JSON.stringify([width, document.documentElement.scrollHeight]));
    tell('done', '');
  });
}</script>"""


class Links(html.parser.HTMLParser):
    """What a page can be linked at, and what it points to."""

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


def place(chapters, page, target):
    """The page, and where its chapter has that link: the text of the link's end is the same there."""
    end = "#" + urllib.parse.urlsplit(target).fragment if "#" in target else target
    chapter = chapters / pathlib.PurePath(page).with_suffix(".md")
    lines = chapter.read_text(encoding="utf-8").split("\n") if chapter.is_file() else []
    for number, line in enumerate(lines, 1):
        if f"{end})" in line:
            return f"{page} ({chapter.relative_to(chapters.parents[1])}:{number})"
    return page


def dead_links(book, pages, chapters):
    """Links to files and anchors that are not there. (A missing resource is the server's to report.)"""
    links = {page: Links((book / page).read_text(encoding="utf-8")) for page in pages}
    for page, here in links.items():
        for resource in here.resources:
            if urllib.parse.urlsplit(resource).netloc:
                yield page, f"asks another host: {resource}"
        for target in here.targets:
            url = urllib.parse.urlsplit(target)
            if url.scheme or url.netloc:
                continue
            path = urllib.parse.unquote(url.path)
            file = (book / page).parent / path if path else book / page
            file = file / "index.html" if file.is_dir() else file
            if not file.is_file():
                yield place(chapters, page, target), f"links to {target}, and there is no such file"
                continue
            there = links.get(file.resolve().relative_to(book).as_posix())
            anchor = urllib.parse.unquote(url.fragment)
            if anchor and there and anchor not in there.anchors:
                yield place(chapters, page, target), f"links to {target}, and there is no such anchor"


class Server(http.server.ThreadingHTTPServer):
    """The book on a free port of this machine; `told` is what its pages and its log say."""

    def __init__(self, book, pages):
        super().__init__(("127.0.0.1", 0), functools.partial(Handler, directory=str(book)))
        self.pages, self.told = pages, queue.Queue()
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
        self.server.told.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def send_error(self, code, message=None, explain=None):
        referrer = urllib.parse.urlsplit(self.headers.get("Referer", "")).path[1:]
        if self.path != "/favicon.ico":  # asked of every server, for the page of frames
            text = f"asks for {self.path}, which is not in the book (HTTP {code})"
            self.server.told.put({"page": referrer, "kind": "problem", "text": text})
        super().send_error(code, message, explain)

    def log_message(self, *_):
        pass


def browser(*arguments):
    """Starts Chromium with a profile of its own, and nothing but this machine to talk to."""
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
    """Opens all pages at all widths: (page, problem) pairs, and the height of each page at each width."""
    problems, heights = [], {}
    started = browser("--remote-debugging-port=0", f"{server.address}/-/frames")
    try:
        waiting = len(server.pages) * len(WIDTHS)
        while waiting:
            told = server.told.get(timeout=TIMEOUT_S)
            match told["kind"]:
                case "done":
                    waiting -= 1
                case "height":
                    width, height = json.loads(told["text"])
                    heights[told["page"], width] = height
                case _:
                    problems.append((told["page"], told["text"]))
    except queue.Empty:
        missing = {(p, w) for p in server.pages for w in WIDTHS.values()} - set(heights)
        problems += [(p, f"was not open after {TIMEOUT_S} s (window of {w} px)") for p, w in missing]
    finally:
        close(*started)
    return problems, heights


def screenshots(server, heights, folder):
    """A picture of each page at each width and in each theme."""
    folder.mkdir(parents=True, exist_ok=True)
    for (page, width), height in sorted(heights.items()):
        height = min(height, 12_000)  # beyond that the browser's picture is blank
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
    parser.add_argument("--screenshots", type=pathlib.Path, metavar="DIR", help="save every page, light and dark, wide and narrow")
    arguments = parser.parse_args()
    book = arguments.folder.resolve()
    pages = sorted(p.relative_to(book).as_posix() for p in book.rglob("*.html"))
    if not pages:
        sys.exit(f"{book} holds no pages; build the book first: just book")

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
    print(f"{len(pages)} pages: every link leads somewhere, nothing comes from another host, no errors")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Runs the commands of the page `src/commands.md` and compares their output with the page, or writes it there.

    python3 book/guide.py check     # fail if the program now prints something else; skips the tour
    python3 book/guide.py make      # write the present output into the page
    python3 book/guide.py make --tour

A text block that starts with `$ command` is run, and the rest of the block is its output. A block after the comment
`<!-- file: NAME -->` is the content of a file that the commands read. All commands run in one temporary directory, in the
order of the page. A block that ends with `…` shows only the first lines of the output. `$GANSCOPE` is the program
(default: target/debug/ganscope). A server on this machine offers MNIST for download if `$GANSCOPE_DATA_DIR` holds it;
otherwise the commands that download are skipped.
"""

import difflib
import functools
import http.server
import os
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "book/src/commands.md"
PROGRAM = os.environ.get("GANSCOPE") or ROOT / "target/debug/ganscope"
PORT = 8173
BLOCK = re.compile(r"(?:<!-- file: (?P<file>\S+) -->\n\n)?```\w+\n(?P<text>.*?)```\n", re.S)
# Lines of progress. Of a longer series, the page shows the first two and the last.
PROGRESS = re.compile(r"training takes about|step +[\d,]+/|\d+ of \d+ runs|.* ETA +[\d:]+$")
SHOWN_PROGRESS = 4
# What depends on the speed of the machine.
TIMES = re.compile(r"\bin [\d.,:]+ (s|min|h)\b|[\d.]+ ± [\d.]+$")
WIDTH = "100"


def main():
    mode, *options = sys.argv[1:] or ["check"]
    page = PAGE.read_text(encoding="utf-8")
    skipped = set() if "--tour" in options else {"ganscope"}
    if not serve_mnist():
        print("no MNIST in GANSCOPE_DATA_DIR: downloads are skipped", file=sys.stderr)
        skipped |= {command for command in re.findall(r"^\$ (.*)$", page, re.M) if "--from" in command}
    with tempfile.TemporaryDirectory() as folder:
        made = BLOCK.sub(lambda block: run(block, folder, skipped), page)
    if mode == "make":
        PAGE.write_text(made, encoding="utf-8")
        return
    pages = [comparable(text) for text in (page, made)]
    different = list(difflib.unified_diff(*pages, str(PAGE.relative_to(ROOT)), "the program", lineterm="", n=1))
    if different:
        print("\n".join(different), file=sys.stderr)
        sys.exit("the page shows other output; `just guide` writes it anew")


def serve_mnist():
    """Serves MNIST on this machine, so that no command uses the network. Returns whether there is one."""
    folder = Path(os.environ.get("GANSCOPE_DATA_DIR", "")) / "mnist"
    if not any(folder.glob("*.gz")):
        return False
    handler = functools.partial(Quiet, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return True


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def run(block, folder, skipped):
    """Returns the block with the output of its command; writes the file that it describes."""
    text = block["text"]
    if block["file"]:
        (Path(folder) / block["file"]).write_text(text, encoding="utf-8")
    if not text.startswith("$ "):
        return block[0]
    command, shown = text[2:].split("\n", 1)
    if command in skipped:
        return block[0]
    program = Path(folder) / "bin"
    program.mkdir(exist_ok=True)
    if not (program / "ganscope").exists():
        (program / "ganscope").symlink_to(Path(PROGRAM).resolve())
    print(f"$ {command}", file=sys.stderr, flush=True)
    environment = os.environ | {"PATH": f"{program}:{os.environ['PATH']}", "COLUMNS": WIDTH}
    done = subprocess.run(
        command, shell=True, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    lines = shorten(done.stdout.replace(f"{os.path.realpath(folder)}/", "…/").splitlines())
    if shown.rstrip().endswith("\n…"):
        lines = lines[: len(shown.splitlines()) - 1] + ["…"]
    if done.returncode != 0:
        lines.append(f"(exit code {done.returncode})")
    body = "".join(line.rstrip() + "\n" for line in lines)
    return block[0].replace(text, f"$ {command}\n{body}")


def shorten(lines):
    """Replaces the middle of each long series of progress lines by `…`."""
    shown, series = [], []
    for line in [*lines, None]:
        if line is not None and PROGRESS.match(line):
            series.append(line)
            continue
        shown += series if len(series) <= SHOWN_PROGRESS else [*series[:2], "…", series[-1]]
        series = []
        if line is not None:
            shown.append(line)
    return shown


def comparable(page):
    """The lines of a page without progress, which a faster machine may shorten, and times."""
    lines = (line for line in page.splitlines() if line != "…" and not PROGRESS.match(line))
    return [TIMES.sub("TIME", line) for line in lines]


if __name__ == "__main__":
    main()

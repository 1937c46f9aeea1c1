#!/usr/bin/env python3
"""Chapters and notebooks: two views of one text. A chapter is `book/src/X.md`, its notebook
`notebooks/X.ipynb`; NAME is X or the beginning of it, and no NAME is every chapter with Rust in it.

How they are converted: tool/chapter.py. How cells are run: tool/kernel.py. When two executions count
as the same: tool/compare.py.
"""

import argparse
import os
import statistics
import sys
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent / "target" / "tools"
PYTHON = TOOLS / "bin" / "python"


def make(names):
    """chapter → notebook, executed, with its outputs"""
    for chapter in prepared(names):
        notebook = chapter.notebook()
        execute(chapter, notebook)
        for cell, outputs in zip(code_cells(notebook), output_digests(notebook)):
            cell.metadata["ganscope"] = {"outputs": outputs}
        chapter.save(notebook)
        print(f"{chapter.notebook_name}: written")


def check(names):
    """do chapter, notebook and a fresh execution agree?"""
    found = []
    for chapter in prepared(names):
        try:
            found += findings(chapter)
        except Problem as problem:
            found.append(str(problem))
    if found:
        raise Problem("\n".join(found))


def prepared(names):
    """The chapters, with the crate compiled for their cells."""
    found = chapters(names)
    if found:
        prepare(code_cells(found[0].notebook())[0].source)
    return found


def findings(chapter):
    """What is wrong with one notebook; it is executed when it is at least its chapter's."""
    again = f"run: just notebooks {chapter.stem}"
    saved, fresh = chapter.saved(), chapter.notebook()
    text = text_of(saved)
    if text != chapter.text:
        line = first_difference(chapter.text, text)
        return [
            f"{chapter.name}:{line}: {chapter.notebook_name} says something else here; {again}"
            f" (or, to keep the notebook's: just sync {chapter.stem})"
        ]
    if edited := edited_by_hand(saved):
        return [
            f"{chapter.at(index)} has outputs in {chapter.notebook_name} that were not saved by "
            f"`just notebooks`: edited by hand, or run in Jupyter; {again}"
            for index in edited
        ]
    execute(chapter, fresh)
    found = []
    for index, (old, new) in enumerate(zip(code_cells(saved), code_cells(fresh))):
        found += [f"{chapter.at(index)} {d}" for d in differences(old.outputs, new.outputs)]
    if found:
        found.append(f"{chapter.notebook_name}: if this is meant, {again}")
    return found


def sync(names):
    """notebook, edited in Jupyter → chapter"""
    for chapter in chapters(names):
        notebook = chapter.saved()
        text = text_of(notebook)
        if text == chapter.text:
            print(f"{chapter.name}: nothing to bring back")
            continue
        of = notebook.metadata.setdefault("ganscope", {})
        if of.get("chapter") != digest(chapter.text):
            line = first_difference(chapter.text, text)
            raise Problem(
                f"{chapter.name}:{line}: the chapter was edited after {chapter.notebook_name} was made from it.\n"
                f"To keep the chapter: just notebooks {chapter.stem}\n"
                f"To keep the notebook: set the chapter's edit aside (git stash push {chapter.name}), "
                f"just sync {chapter.stem}, git stash pop"
            )
        notebook_of(text, chapter.name)
        write_atomically(chapter.path, text)
        of["chapter"] = digest(text)
        chapter.save(notebook)
        print(f"{chapter.name}: written; its outputs are for `just notebooks {chapter.stem}` to make")


def time(names):
    """how long each cell takes, in a first kernel and in a second"""
    prepared(names)
    for run in ("first", "second"):
        starts, others = [], []
        print(f"== {run} kernel")
        for chapter in chapters(names):
            notebook = chapter.notebook()
            seconds = execute(chapter, notebook)
            first = first_use(code_cells(notebook))
            starts.append(sum(seconds[:first]))
            others += seconds[first:]
        print(f"set-up and first use: {spread(starts)}")
        print(f"other cells:          {spread(others)}")


def first_use(cells):
    """How many cells there are up to the first that does more than `:dep` and `use`."""
    uses = lambda cell: all(line.startswith((":", "use ")) for line in cell.source.split("\n") if line)
    return 1 + next((i for i, cell in enumerate(cells) if not uses(cell)), len(cells) - 1)


def spread(seconds):
    if len(seconds) < 2:
        return ", ".join(f"{s:.2f} s" for s in seconds)
    low, middle, high = statistics.quantiles(seconds, method="inclusive")
    return (
        f"n {len(seconds)}, min {min(seconds):.2f} s, quartiles {low:.2f} {middle:.2f} {high:.2f} s, "
        f"max {max(seconds):.2f} s"
    )


def lab(arguments):
    """JupyterLab with the Rust kernel"""
    install()
    prepared([])
    trust()
    # The root is the repository: links from a notebook to a page of the book lead somewhere.
    program = TOOLS / "bin" / "jupyter-lab"
    options = [f"--ServerApp.root_dir={ROOT}", "--LabApp.default_url=/lab/tree/notebooks"]
    os.execv(program, [program, *options, *arguments])


def main():
    commands = {c.__name__: c for c in (make, check, sync, time)}
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parsers = parser.add_subparsers(dest="command", required=True)
    for name, command in commands.items():
        parsers.add_parser(name, help=command.__doc__).add_argument("names", nargs="*", metavar="NAME")
    parsers.add_parser("lab", help=lab.__doc__, add_help=False)
    parsers.add_parser("kernel", help="what Jupyter starts").add_argument("connection_file")
    arguments, rest = parser.parse_known_args()
    if arguments.command == "lab":
        lab(rest)
    elif rest:
        parser.error(f"unknown: {' '.join(rest)}")
    elif arguments.command == "kernel":
        become_kernel(arguments.connection_file)
    else:
        commands[arguments.command](arguments.names)


if __name__ == "__main__":
    if Path(sys.prefix) != TOOLS:
        if not PYTHON.exists():
            sys.exit("the notebooks' Python is not installed; run: just setup")
        os.execv(PYTHON, [PYTHON, __file__, *sys.argv[1:]])
    try:
        from tool.chapter import (
            ROOT, Problem, chapters, code_cells, digest, edited_by_hand, first_difference, notebook_of,
            output_digests, text_of, trust, write_atomically,
        )
        from tool.compare import differences
        from tool.kernel import become_kernel, execute, install, prepare
    except ModuleNotFoundError as missing:
        sys.exit(f"{missing.name} is not installed in {TOOLS}; run: just setup")
    try:
        main()
    except Problem as problem:
        sys.exit(str(problem))
    except KeyboardInterrupt:
        sys.exit(130)

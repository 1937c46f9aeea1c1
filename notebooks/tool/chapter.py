"""Chapter `book/src/X.md` ↔ notebook `notebooks/X.ipynb`, exactly invertible.

A cell is a fence whose opening line is exactly three or more backticks and `rust`. jupytext takes
other languages for cells too; it is told not to. What the notebook cannot give back byte for byte is
refused, with its line.

A notebook carries its chapter's SHA-256, so that `sync` never overwrites a chapter edited meanwhile,
and each cell that of its outputs, so that an output edited by hand is seen.
"""

import hashlib
import json
import os
import re
from pathlib import Path

import jupytext
import nbformat
from jupytext.cell_reader import MarkdownCellReader
from nbformat.sign import NotebookNotary

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = ROOT / "book" / "src"
NOTEBOOKS = ROOT / "notebooks"

KERNEL = {"display_name": "Rust (ganscope)", "language": "rust", "name": "ganscope"}
# As the kernel describes itself: JupyterLab would write it so, and call the notebook changed.
LANGUAGE = {
    "codemirror_mode": "rust",
    "file_extension": ".rs",
    "mimetype": "text/rust",
    "name": "Rust",
    "pygment_lexer": "rust",
    "version": "",
}
MARKDOWN = {
    "extension": ".md",
    "format_name": "markdown",
    "cell_metadata_filter": "-all",
    "notebook_metadata_filter": "-all",
}
MarkdownCellReader.start_code_re = re.compile(r"^```(`*)()(rust)($)")


class Problem(Exception):
    """What went wrong, where, and what to do: printed without a traceback."""


def shown(path):
    """A path as a reader of the repository knows it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def write_atomically(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8", newline="")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def fences(text):
    """[(line of the fence, code)] of the Rust cells in a chapter; lines count from 1."""
    found, fence, cell = [], None, None
    for number, line in enumerate(text.split("\n"), 1):
        mark = re.match(r"[ ]*(`{3,}|~{3,})(.*)$", line)
        if fence is None:
            if mark:
                fence = mark[1]
                cell = [number, []] if line == fence + "rust" and fence[0] == "`" else None
        elif mark and mark[1].startswith(fence) and not mark[2].strip():
            if cell:
                found.append((cell[0], "\n".join(cell[1])))
            fence = cell = None
        elif cell:
            cell[1].append(line)
    return found


def links_from_notebooks(prose):
    """Links between pages, which are relative to book/src, as the notebook needs them."""
    return re.sub(r"\]\((?!\w+:|[/#])([^()\s#]*\.md)", r"](../book/src/\1", prose)


def links_from_chapters(prose):
    return re.sub(r"\]\(\.\./book/src/([^()\s#]*\.md)", r"](\1", prose)


def digest(value):
    """SHA-256 of a text, or of JSON with sorted keys, no spaces, and nothing escaped needlessly."""
    if not isinstance(value, str):
        value = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(value.encode()).hexdigest()


def output_digests(notebook):
    """One a code cell, of its outputs as they stand in the file (a text there is a list of lines)."""
    cells = json.loads(nbformat.writes(notebook))["cells"]
    return [digest(cell["outputs"]) for cell in cells if cell["cell_type"] == "code"]


def edited_by_hand(notebook):
    """The indices of the code cells whose outputs are not those that `just notebooks` saved."""
    cells = zip(code_cells(notebook), output_digests(notebook))
    return [i for i, (cell, own) in enumerate(cells) if cell.metadata.get("ganscope", {}).get("outputs") != own]


def trust(notebooks=NOTEBOOKS):
    """JupyterLab draws figures only in a notebook that it trusts: those that are as `just notebooks` made them."""
    for path in notebooks.glob("*.ipynb"):
        try:
            notebook = nbformat.read(path, as_version=4)
        except nbformat.reader.NotJSONError:
            continue  # JupyterLab will say so
        if not edited_by_hand(notebook):
            NotebookNotary().sign(notebook)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def first_difference(a, b):
    """The first line, from 1, at which two texts differ."""
    a, b = a.split("\n"), b.split("\n")
    return next((i for i, (x, y) in enumerate(zip(a, b), 1) if x != y), min(len(a), len(b)) + 1)


def notebook_of(text, name):
    """The notebook of a chapter's text, not yet executed."""
    notebook = jupytext.reads(text, fmt=MARKDOWN)
    found, cells = fences(text), code_cells(notebook)
    for index, (line, code) in enumerate(found):
        if index >= len(cells) or cells[index].source != code:
            raise Problem(
                f"{name}:{line}: this cell does not reach the notebook as it is; "
                "is a fence before it unclosed, or does it hold three quotes in a row?"
            )
    if len(cells) > len(found):
        known = {line for line, _ in found}
        line = next(n for n, text in enumerate(text.split("\n"), 1) if text == "```rust" and n not in known)
        raise Problem(f"{name}:{line}: this Rust stands in another fence or is never closed; it is no cell")
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"cell-{number}"
        if cell.cell_type == "markdown":
            cell.source = links_from_notebooks(cell.source)
    notebook.metadata = nbformat.from_dict(
        {"ganscope": {"chapter": digest(text)}, "kernelspec": KERNEL, "language_info": LANGUAGE}
    )
    notebook.nbformat_minor = 5
    back = text_of(notebook)
    if back != text:
        line = first_difference(text, back)
        raise Problem(f"{name}:{line}: the notebook would give this line back as another; simplify it")
    return notebook


def text_of(notebook):
    """The chapter's text that a notebook holds."""
    notebook = nbformat.from_dict(json.loads(json.dumps(notebook)))
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": LANGUAGE})
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = links_from_chapters(cell.source)
    return jupytext.writes(notebook, fmt=MARKDOWN)


class Chapter:
    """A chapter with at least one cell, and where its notebook is."""

    def __init__(self, path, notebooks=NOTEBOOKS):
        self.path = path
        self.name = shown(path)
        self.stem = path.stem
        with path.open(encoding="utf-8", newline="") as file:
            self.text = file.read()
        self.fences = fences(self.text)
        self.notebook_path = notebooks / f"{path.stem}.ipynb"
        self.notebook_name = shown(self.notebook_path)

    def at(self, index):
        """Where code cell `index` (from 0) stands, for a message."""
        return f"{self.name}:{self.fences[index][0]}: cell {index + 1}"

    def notebook(self):
        return notebook_of(self.text, self.name)

    def saved(self):
        again = f"run: just notebooks {self.stem}"
        if not self.notebook_path.exists():
            raise Problem(f"{self.name}:1: has no notebook; {again}")
        try:
            notebook = nbformat.read(self.notebook_path, as_version=4)
            nbformat.validate(notebook)
        except Exception as error:  # nbformat raises a dozen kinds
            reason = str(error).strip().split("\n")[0]
            raise Problem(f"{self.notebook_name}:1: is no notebook ({reason}); {again}") from error
        return notebook

    def save(self, notebook):
        nbformat.validate(notebook)
        write_atomically(self.notebook_path, nbformat.writes(notebook).rstrip("\n") + "\n")


def chapters(names):
    """The chapters with cells, or those named, by stem or the beginning of one."""
    every = [c for c in map(Chapter, sorted(CHAPTERS.glob("*.md"))) if c.fences]
    if not names:
        for path in sorted(NOTEBOOKS.glob("*.ipynb")):
            if all(chapter.notebook_path != path for chapter in every):
                raise Problem(
                    f"{shown(path)}:1: there is no chapter {path.stem}.md with Rust in {shown(CHAPTERS)}; "
                    "add it or remove the notebook"
                )
        return every
    found = []
    for name in names:
        stem = Path(name).stem
        fitting = [c for c in every if c.stem == stem] or [c for c in every if c.stem.startswith(stem)]
        if len(fitting) != 1:
            trouble = "may mean each of" if fitting else "is no chapter with Rust; there are"
            raise Problem(f"{name} {trouble}: {', '.join(c.stem for c in fitting or every)}")
        found += fitting
    return found

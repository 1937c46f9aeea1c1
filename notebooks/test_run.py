"""What needs no kernel. Run: target/tools/bin/python -m unittest discover -s notebooks"""

import contextlib
import io
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import run
from nbformat.v4 import new_markdown_cell, new_output
from tool import chapter as chapter_module
from tool import compare, kernel
from tool.chapter import Chapter, Problem, code_cells, fences, notebook_of, output_digests, text_of

TRICKY = r'''# A title, with a [link](references.md#goodfellow2014) and [another](https://example.org/a.md)

Text with two trailing spaces  
and a line after; inline `](code.md)`.


Two blank lines above; <!-- a comment --> and

<!--
a longer comment

with a blank line
-->

```rust
:dep ganscope = { path = "..", default-features = false }
```

```rust
use ganscope::prelude::*;
let quote = '"'; // it's
fn longest<'a>(a: &'a str) -> &'a str { a }


let two_blank_lines_above = "``";
```
Text right after the fence.
```rust
let text_right_before = 1;
```



Three blank lines above.

- a list

  ```sh
  cargo run


  ```

- another

```sh
echo a shell fence at the margin


```

```python
print("Python is no cell here")
```

$$
D(x) = \frac{p_r(x)}{p_r(x) + p_\theta(x)}


$$

~~~text
a tilde fence
~~~

```rust,ignore
no_cell();
```

```rust
let s = r#"{ "a": 'b' }"#;
```

## A heading

{{#claims 3.1}}

| a | b |
|---|---|
| 1 | [c](03-2-loss-functions.md) |

    an indented block


    goes on

> [!NOTE]
> An admonition with ![a picture](images/a.svg).
'''


class Conversion(unittest.TestCase):
    def test_round_trip_is_byte_for_byte(self):
        for text in (TRICKY, "```rust\nlet a = 1;\n```\n", "a\n\n\n\n\nb\n\n```rust\n1\n```\n"):
            with self.subTest(text=text[:20]):
                self.assertEqual(text_of(notebook_of(text, "x.md")), text)

    def test_round_trip_through_the_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "x.md"
            path.write_text(TRICKY)
            chapter = Chapter(path, Path(folder))
            chapter.save(chapter.notebook())
            first = chapter.notebook_path.read_bytes()
            self.assertEqual(text_of(chapter.saved()), TRICKY)
            chapter.save(chapter.notebook())
            self.assertEqual(chapter.notebook_path.read_bytes(), first)

    def test_only_plain_rust_fences_are_cells(self):
        lines = TRICKY.split("\n")
        found = fences(TRICKY)
        self.assertEqual(len(found), 4)
        self.assertEqual([lines[line - 1] for line, _ in found], ["```rust"] * 4)
        self.assertEqual([c.source for c in code_cells(notebook_of(TRICKY, "x.md"))], [code for _, code in found])

    def test_links_lead_from_the_notebook_to_the_book(self):
        prose = "\n".join(c.source for c in notebook_of(TRICKY, "x.md").cells if c.cell_type == "markdown")
        self.assertIn("](../book/src/references.md#goodfellow2014)", prose)
        self.assertIn("](../book/src/03-2-loss-functions.md)", prose)
        self.assertIn("](https://example.org/a.md)", prose)
        self.assertNotIn("](references.md", prose)

    def test_code_keeps_what_looks_like_a_link(self):
        text = '```rust\nlet s = "[a](b.md)";\n```\n'
        self.assertEqual(code_cells(notebook_of(text, "x.md"))[0].source, 'let s = "[a](b.md)";')

    def test_a_text_that_would_not_come_back_is_refused_with_its_line(self):
        for text, place in (
            ("an empty cell\n\n```rust\n```\n", "x.md:4"),
            ("~~~text\n```rust\n1\n```\n~~~\n", "x.md:2"),
            ("```rust\n1\n```\n\n```rust\nlet never = \"closed\";\n", "x.md:5"),
            ('```rust\nlet s = r#"""#;\n```\n\n```rust\n1\n```\n', "x.md:1"),
        ):
            with self.subTest(text=text), self.assertRaisesRegex(Problem, f"^{place}"):
                notebook_of(text, "x.md")

    def test_a_cell_added_in_jupyter_becomes_a_fence(self):
        notebook = notebook_of("# T\n\n```rust\n1\n```\n", "x.md")
        notebook.cells.append(new_markdown_cell("See [b](../book/src/b.md).", metadata={"collapsed": True}))
        self.assertEqual(text_of(notebook), "# T\n\n```rust\n1\n```\n\nSee [b](b.md).\n")


class Workplace(unittest.TestCase):
    """Chapters and notebooks in a temporary folder."""

    TEXT = "# T\n\n```rust\nlet a = 1;\n```\n\n```rust\na\n```\n"

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "x.md"
        self.path.write_text(self.TEXT)
        notebooks = Path(folder.name)
        # What run.py imports when it is the program.
        names = ("Problem", "chapters", "code_cells", "digest", "edited_by_hand", "first_difference",
                 "notebook_of", "output_digests", "text_of", "write_atomically", "ROOT")
        for name in names:
            setattr(run, name, getattr(chapter_module, name))
        run.chapters = lambda names: [Chapter(self.path, notebooks)]
        run.differences = compare.differences
        run.execute = self.execute
        run.prepare = lambda dependency: None
        self.result = "1"
        self.quietly(run.make)

    def execute(self, chapter, notebook):
        for cell in code_cells(notebook):
            cell.outputs = [new_output("execute_result", {"text/plain": self.result}, execution_count=1)]

    def quietly(self, command):
        with contextlib.redirect_stdout(io.StringIO()):
            command([])

    def edit_notebook(self, old, new):
        path = self.path.with_suffix(".ipynb")
        text = path.read_text()
        self.assertIn(old, text)
        path.write_text(text.replace(old, new, 1))

    def test_what_was_made_passes(self):
        self.quietly(run.check)

    def test_an_output_edited_by_hand_is_named_with_its_line(self):
        self.edit_notebook('"text/plain": [\n       "1"', '"text/plain": [\n       "2"')
        with self.assertRaisesRegex(Problem, r"x\.md:3: cell 1 .*x\.ipynb"):
            self.quietly(run.check)

    def test_only_what_was_made_is_trusted(self):
        notebooks = self.path.parent
        (notebooks / "broken.ipynb").write_text("no JSON")
        with mock.patch.object(chapter_module, "NotebookNotary") as notary:
            chapter_module.trust(notebooks)
            notary.return_value.sign.assert_called_once_with(Chapter(self.path, notebooks).saved())
            notary.reset_mock()
            self.edit_notebook('"text/plain": [\n       "1"', '"text/plain": [\n       "2"')
            chapter_module.trust(notebooks)
            notary.return_value.sign.assert_not_called()

    def test_a_chapter_edited_alone_is_named_with_its_line(self):
        self.path.write_text(self.TEXT.replace("\na\n", "\na + 1\n"))
        with self.assertRaisesRegex(Problem, r"x\.md:8: .*just notebooks x"):
            self.quietly(run.check)

    def test_another_result_is_named_with_both_texts(self):
        self.result = "7"
        with self.assertRaisesRegex(Problem, r"x\.md:7: cell 2 [^!]*saved: '1'\s+now:   '7'"):
            self.quietly(run.check)

    def test_sync_brings_an_edit_back_once(self):
        self.edit_notebook("let a = 1;", "let a = 2;")
        self.quietly(run.sync)
        self.assertEqual(self.path.read_text(), self.TEXT.replace("a = 1", "a = 2"))
        before = self.path.stat().st_mtime_ns
        self.quietly(run.sync)
        self.assertEqual(self.path.stat().st_mtime_ns, before)

    def test_sync_does_not_overwrite_a_chapter_edited_meanwhile(self):
        self.edit_notebook("let a = 1;", "let a = 2;")
        edited = self.TEXT.replace("# T", "# U")
        self.path.write_text(edited)
        with self.assertRaisesRegex(Problem, r"x\.md:1: the chapter was edited"):
            self.quietly(run.sync)
        self.assertEqual(self.path.read_text(), edited)


class Comparison(unittest.TestCase):
    def alike(self, a, b, markup=False):
        return compare.difference(a, b, markup) is None

    def test_numbers(self):
        for a, b, expected in (
            ("loss 1.000", "loss 1.019", True),
            ("loss 1.000", "loss 1.021", False),
            ("loss 1.000", "loss -1.000", False),
            ("0.01", "0.03", True),
            ("0.01", "0.04", False),
            ("1.2e-9", "-7.7e-8", True),
            ("1.2e-3", "1.9e-3", False),
            ("8 of 8", "6 of 8", True),
            ("8 of 8", "5 of 8", False),
            ("−0.69", "−0.70", True),
            ("L2 1.0", "L3 1.0", False),
            ("loss 1.0", "gain 1.0", False),
            ("1.0", "1.0 ", False),
            ("NaN", "1.0", False),
            ("1.0\n2.0", "1.0", False),
        ):
            with self.subTest(a=a, b=b):
                self.assertEqual(self.alike(a, b), expected)
                self.assertEqual(self.alike(b, a), expected)

    def test_drawings(self):
        for a, b, expected in (
            ('<path d="M10,20L300.5,40"/>', '<path d="M13,4L317.5,40"/>', True),
            ('<path d="M10,20"/>', '<path d="M10,41"/>', False),
            ('<path d="M10,20"/>', '<path d="M10,20L1,1"/>', False),
            ('<rect fill="#102030"/>', '<rect fill="#152030"/>', True),
            ('<rect fill="#102030"/>', '<rect fill="#902030"/>', False),
            ("<text x='5'>0.50</text>", "<text x='9'>0.51</text>", True),
            ("<text x='5'>0.50</text>", "<text x='5'>0.60</text>", False),
            ("<text>a</text>", "<text>b</text>", False),
        ):
            with self.subTest(a=a, b=b):
                self.assertEqual(self.alike(a, b, markup=True), expected)

    def test_the_layout_of_a_figure_grid_is_not_compared(self):
        grid = (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 540 {0}" width="540" height="{0}">'
            '<g class="figure" transform="translate(0, {0})"><svg width="{1}"/><text class="caption">{2}</text></g></svg>'
        )
        one_line = '<tspan x="0" y="319">The loss is 9.99 at the end.</tspan>'
        two_lines = '<tspan x="0" y="319">The loss is 10.01 at the </tspan><tspan x="0" y="337">end.</tspan>'
        saved = grid.format(324, 540, one_line)
        self.assertTrue(self.alike(saved, grid.format(378, 540, two_lines), markup=True))
        self.assertFalse(self.alike(saved, grid.format(324, 600, one_line), markup=True))
        self.assertFalse(self.alike(saved, grid.format(378, 540, two_lines.replace("10.01", "11.00")), markup=True))

    def test_pictures(self):
        small = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQ=="
        other = small[:-8] + "AAAAAA=="
        wider = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQ=="
        page = '<img src="data:image/png;base64,{}">'
        self.assertTrue(self.alike(small, other))
        self.assertFalse(self.alike(small, wider))
        self.assertTrue(self.alike(page.format(small), page.format(other), markup=True))
        self.assertFalse(self.alike(page.format(small), page.format(wider), markup=True))

    def test_kinds(self):
        text = [new_output("stream", name="stdout", text="1\n")]
        self.assertEqual(compare.differences(text, text), [])
        self.assertIn("now has: nothing", compare.differences(text, [])[0])


class Outputs(unittest.TestCase):
    def execute(self, *said):
        """Makes a chapter's one cell write what is given as (outputs, stderr)."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "x.md"
            path.write_text("# T\n\n```rust\nlet a = 1;\n```\n")
            chapter = Chapter(path, Path(folder))
            fake = mock.MagicMock()
            fake.return_value.__enter__.return_value.run.return_value = (*said, 0.5)
            with mock.patch.object(kernel, "Kernel", fake), contextlib.redirect_stdout(io.StringIO()) as shown:
                kernel.execute(chapter, chapter.notebook())
            return shown.getvalue()

    def test_a_quiet_cell_is_one_line_of_progress(self):
        self.assertRegex(self.execute([], ""), r"^\S*x\.md:3: cell 1: 0\.50 s\n$")

    def test_any_word_on_stderr_is_a_failure_with_its_line(self):
        for said in ("thread panicked at src/lib.rs:1:1:\nno", "Error: x", "   Compiling my results\n"):
            with self.assertRaisesRegex(Problem, r"x\.md:3: cell 1 wrote to stderr: \S"):
                self.execute([], said)

    def test_an_error_is_a_failure_with_its_line(self):
        error = new_output("error", ename="Error", evalue="no", traceback=["mismatched types"])
        with self.assertRaisesRegex(Problem, r"x\.md:3: cell 1 does not compile or run:\nmismatched types"):
            self.execute([error], "")

    def test_stdout_is_one_output_and_stderr_none(self):
        said = [
            new_output("stream", name="stdout", text="a\n"),
            new_output("stream", name="stderr", text="c\n"),
            new_output("stream", name="stdout", text="b\n"),
        ]
        outputs, stderr = kernel.sort_outputs(said)
        self.assertEqual(([o.text for o in outputs], stderr), (["a\nb\n"], "c\n"))

    def test_a_path_of_this_machine_is_refused(self):
        with self.assertRaisesRegex(Problem, "x.md:1: cell 1 shows a path"):
            kernel.refuse_paths("x.md:1: cell 1", [new_output("stream", text=f"{kernel.ROOT}/runs")])


class MissingTools(unittest.TestCase):
    def test_a_missing_kernel_is_named_with_what_installs_it(self):
        with mock.patch.object(kernel, "EVCXR", Path("/nowhere")):
            with self.assertRaisesRegex(Problem, "^the Rust kernel is not installed; run: just setup$"):
                kernel.install()

    def test_each_missing_program_is_named_with_what_installs_it(self):
        need = chapter_module.ROOT / ".ci" / "need"
        asked = subprocess.run([need, "sh", "no-mdbook", "no-katex"], capture_output=True, text=True)
        said = [f"{name} is not installed; run: just setup" for name in ("no-mdbook", "no-katex")]
        self.assertEqual((asked.returncode, asked.stderr.splitlines()), (1, said))
        self.assertEqual(subprocess.run([need, "sh"]).returncode, 0)


if __name__ == "__main__":
    unittest.main()

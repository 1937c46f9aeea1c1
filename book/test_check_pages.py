"""Tests that need no browser. Run: python3 -m unittest discover --start-directory book"""

import importlib.util
import pathlib
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
spec = importlib.util.spec_from_file_location("check_pages", HERE / "check-pages.py")
check_pages = importlib.util.module_from_spec(spec)
spec.loader.exec_module(check_pages)


class DeadLinks(unittest.TestCase):
    def dead(self, chapter, one):
        """Returns the problems of the page of a chapter, next to another page with the anchor `here`."""
        with tempfile.TemporaryDirectory() as folder:
            html, src = pathlib.Path(folder) / "html", pathlib.Path(folder) / "book" / "src"
            html.mkdir()
            src.mkdir(parents=True)
            (src / "one.md").write_text(chapter)
            (html / "one.html").write_text(one)
            (html / "two.html").write_text('<h1 id="here"></h1>')
            return list(check_pages.dead_links(html.resolve(), ["one.html", "two.html"], src))

    def test_links_to_existing_files_and_anchors(self):
        self.assertEqual(self.dead("", '<p id="a"></p><a href="two.html#here"></a><a href="#a"></a><a href="two.html">'), [])

    def test_a_dead_anchor_is_reported_with_its_line(self):
        self.assertEqual(
            self.dead("# T\n\nSee [x](two.md#there).\n", '<a href="two.html#there">x</a>'),
            [("one.html (book/src/one.md:3)", "links to two.html#there, but there is no such anchor")],
        )

    def test_a_dead_file_is_reported_with_its_line(self):
        self.assertEqual(
            self.dead("# T\n[x](data/x.csv)\n", '<a href="data/x.csv">x</a>'),
            [("one.html (book/src/one.md:2)", "links to data/x.csv, but there is no such file")],
        )

    def test_a_link_that_is_not_in_the_chapter_is_reported_without_a_line(self):
        self.assertEqual(
            self.dead("# T\n", '<a href="#top">x</a>'),
            [("one.html", "links to #top, but there is no such anchor")],
        )

    def test_a_style_sheet_on_another_host_is_reported(self):
        self.assertEqual(
            self.dead("", '<link href="//example.org/a.css"><a href="https://example.org/">'),
            [("one.html", "requests another host: //example.org/a.css")],
        )


if __name__ == "__main__":
    unittest.main()

"""What needs no browser. Run: python3 -m unittest discover --start-directory book"""

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
        """What is wrong with the page made of a chapter, beside another that has the anchor `here`."""
        with tempfile.TemporaryDirectory() as folder:
            html, src = pathlib.Path(folder) / "html", pathlib.Path(folder) / "book" / "src"
            html.mkdir()
            src.mkdir(parents=True)
            (src / "one.md").write_text(chapter)
            (html / "one.html").write_text(one)
            (html / "two.html").write_text('<h1 id="here"></h1>')
            return list(check_pages.dead_links(html.resolve(), ["one.html", "two.html"], src))

    def test_links_that_lead_somewhere(self):
        self.assertEqual(self.dead("", '<p id="a"></p><a href="two.html#here"></a><a href="#a"></a><a href="two.html">'), [])

    def test_a_dead_anchor_is_named_with_its_line(self):
        self.assertEqual(
            self.dead("# T\n\nSee [x](two.md#there).\n", '<a href="two.html#there">x</a>'),
            [("one.html (book/src/one.md:3)", "links to two.html#there, and there is no such anchor")],
        )

    def test_a_dead_file_is_named_with_its_line(self):
        self.assertEqual(
            self.dead("# T\n[x](data/x.csv)\n", '<a href="data/x.csv">x</a>'),
            [("one.html (book/src/one.md:2)", "links to data/x.csv, and there is no such file")],
        )

    def test_a_link_that_no_chapter_has_is_its_pages_own(self):
        self.assertEqual(
            self.dead("# T\n", '<a href="#top">x</a>'),
            [("one.html", "links to #top, and there is no such anchor")],
        )

    def test_another_host_is_not_asked_for_a_style(self):
        self.assertEqual(
            self.dead("", '<link href="//example.org/a.css"><a href="https://example.org/">'),
            [("one.html", "asks another host: //example.org/a.css")],
        )


if __name__ == "__main__":
    unittest.main()

"""Compares the outputs of two executions of a cell, with tolerances for differences between processors.

* Text outside numbers must be equal, character by character.
* Two numbers agree if they differ by at most 2 % of the larger one, or by at most two units in the last
  place shown, or if both are below 1e-6 (rounding noise around zero). So a count such as 8 of 8 modes may
  change by 2, and 0.693 by 0.014. Numbers that must be exact are checked by claims, which have rules of
  their own.
* A number between `<` and `>` is a position in a drawing and may change by 20 units (a figure is 2160 units
  wide). The three channels of a colour are numbers there too and may change by 16 of 255.
* Where the figures of a grid are, and where their captions are broken into lines, is not compared: it
  depends on the lengths of the numbers in the captions.
* A PNG must have the same size in pixels.

A text that changes in every execution, such as a time, must not be in the output of a chapter.
"""

import base64
import re

RELATIVE = 0.02
UNITS_IN_LAST_PLACE = 2
NOISE = 1e-6
DRAWING_UNITS = 20.0
CHANNEL = 16

NUMBER = r"[-−]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
# A digit within a word, as in `L2` or `id3a`, is part of the word.
IN_TEXT = re.compile(rf"(?<![\w.])(?:{NUMBER})(?![A-Za-z_])")
IN_DRAWING = re.compile(rf"PNG_\d+x\d+|#[0-9a-fA-F]{{6}}\b|{NUMBER}")
# The layout of a figure grid (src/report/figure_grid.rs): size of the grid, positions of figures, lines of captions.
LAYOUT = re.compile(
    r'(?<=^<svg xmlns="http://www.w3.org/2000/svg") viewBox="[^"]*" width="[^"]*" height="[^"]*"'
    r'|(?<=<g class="figure") transform="[^"]*"'
    r"|</?tspan[^>]*>"
)
PNG = re.compile(r"(?:data:image/png;base64,)?(iVBORw0KGgo[A-Za-z0-9+/=\s]+)")


def png_size(match):
    header = base64.b64decode(re.sub(r"\s", "", match[1])[:32])
    width, height = (int.from_bytes(header[i : i + 4], "big") for i in (16, 20))
    return f"PNG_{width}x{height}"


def last_place(number):
    mantissa, _, exponent = number.lower().partition("e")
    return 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


def agree(a, b):
    """Whether two printed numbers agree."""
    x, y = (float(n.replace("−", "-")) for n in (a, b))
    larger, distance = max(abs(x), abs(y)), abs(x - y)
    last = UNITS_IN_LAST_PLACE * max(last_place(a), last_place(b))
    return larger < NOISE or distance <= max(RELATIVE * larger, last) * (1 + 1e-9)


def agree_in_drawing(a, b):
    """Whether two numbers, colours or images in a drawing agree."""
    if "P" in (a[0], b[0]):
        return a == b
    if a[0] == "#" or b[0] == "#":
        if a[0] != b[0]:
            return False
        channels = [[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in (a, b)]
        return all(abs(x - y) <= CHANNEL for x, y in zip(*channels))
    x, y = (float(n.replace("−", "-")) for n in (a, b))
    return abs(x - y) <= DRAWING_UNITS or agree(a, b)


def pieces(text, markup):
    """[(piece, None for text or the comparison for a number)]"""
    text = PNG.sub(png_size, text)
    if markup and '<g class="figure"' in text:
        text = LAYOUT.sub("", text)
    parts = re.split(r"(<[^>]*>)", text) if markup else [text]
    found = []
    for index, part in enumerate(parts):
        pattern, comparison = (IN_DRAWING, agree_in_drawing) if index % 2 else (IN_TEXT, agree)
        end = 0
        for match in pattern.finditer(part):
            found += [(part[end : match.start()], None), (match[0], comparison)]
            end = match.end()
        found.append((part[end:], None))
    return found


def difference(saved, now, markup=False):
    """None, or the excerpts (saved, now) around the first difference."""
    a, b = pieces(saved, markup), pieces(now, markup)
    start_a = start_b = 0
    for (x, comparison), (y, other) in zip(a, b):
        equal = x == y or (comparison is not None and comparison is other and comparison(x, y))
        if not equal:
            break
        start_a, start_b = start_a + len(x), start_b + len(y)
    else:
        if len(a) == len(b):
            return None
        x = y = ""
    excerpt = lambda parts, start: "".join(p for p, _ in parts)[max(start - 40, 0) : start + 60]
    return excerpt(a, start_a), excerpt(b, start_b)


def contents(output):
    """[(MIME type or stream, text)] of an output."""
    if output.output_type == "stream":
        return [(output.name, output.text)]
    data = output.get("data", {})
    return [(kind, data[kind] if isinstance(data[kind], str) else repr(data[kind])) for kind in sorted(data)]


def differences(saved, now):
    """One message for each output of a cell that differs from the saved one."""
    old = [c for output in saved for c in contents(output)]
    new = [c for output in now for c in contents(output)]
    if [kind for kind, _ in old] != [kind for kind, _ in new]:
        kinds = [", ".join(kind for kind, _ in c) or "nothing" for c in (old, new)]
        return [f"had as output: {kinds[0]}; now has: {kinds[1]}"]
    found = []
    for (kind, a), (_, b) in zip(old, new):
        if excerpts := difference(a, b, markup=kind in ("text/html", "image/svg+xml")):
            found.append(f"has a different {kind} output now\n    saved: {excerpts[0]!r}\n    now:   {excerpts[1]!r}")
    return found

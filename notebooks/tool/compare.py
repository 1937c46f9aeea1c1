"""Are two executions of a cell the same, but for what another processor may change?

* Text outside numbers is the same, character by character.
* Two numbers agree when they differ by at most 2 % of the larger, or by two units in the last place
  that either shows, or when both are below 1e-6 (rounding noise around zero). So a count like 8 of 8
  modes may not move by more than 2, nor 0.693 by more than 0.014; what must be exact is a claim's
  business, which has its own rule.
* Between `<` and `>` a number is a place in a drawing: it may move by 20 units
  (a figure is 2160 wide). The three channels of
  a colour are numbers there too, and may move by 16 of 255.
* A PNG has the same size in pixels.

A text that changes from run to run, like a time, has no place in a chapter's output.
"""

import base64
import re

RELATIVE = 0.02
UNITS_IN_LAST_PLACE = 2
NOISE = 1e-6
DRAWING = 20.0
CHANNEL = 16

NUMBER = r"[-−]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
# A digit within a word, as in `L2` or `id3a`, is part of the word.
IN_TEXT = re.compile(rf"(?<![\w.])(?:{NUMBER})(?![A-Za-z_])")
IN_DRAWING = re.compile(rf"PNG_\d+x\d+|#[0-9a-fA-F]{{6}}\b|{NUMBER}")
PNG = re.compile(r"(?:data:image/png;base64,)?(iVBORw0KGgo[A-Za-z0-9+/=\s]+)")


def png_size(match):
    header = base64.b64decode(re.sub(r"\s", "", match[1])[:32])
    width, height = (int.from_bytes(header[i : i + 4], "big") for i in (16, 20))
    return f"PNG_{width}x{height}"


def last_place(number):
    mantissa, _, exponent = number.lower().partition("e")
    return 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


def agree(a, b):
    """Two numbers as printed."""
    x, y = (float(n.replace("−", "-")) for n in (a, b))
    larger, apart = max(abs(x), abs(y)), abs(x - y)
    last = UNITS_IN_LAST_PLACE * max(last_place(a), last_place(b))
    return larger < NOISE or apart <= max(RELATIVE * larger, last) * (1 + 1e-9)


def drawn_alike(a, b):
    """Two numbers, colours or pictures in a drawing."""
    if "P" in (a[0], b[0]):
        return a == b
    if a[0] == "#" or b[0] == "#":
        if a[0] != b[0]:
            return False
        channels = [[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in (a, b)]
        return all(abs(x - y) <= CHANNEL for x, y in zip(*channels))
    x, y = (float(n.replace("−", "-")) for n in (a, b))
    return abs(x - y) <= DRAWING or agree(a, b)


def pieces(text, markup):
    """[(piece, None or the comparison for a number)]"""
    text = PNG.sub(png_size, text)
    parts = re.split(r"(<[^>]*>)", text) if markup else [text]
    found = []
    for index, part in enumerate(parts):
        pattern, alike = (IN_DRAWING, drawn_alike) if index % 2 else (IN_TEXT, agree)
        end = 0
        for match in pattern.finditer(part):
            found += [(part[end : match.start()], None), (match[0], alike)]
            end = match.end()
        found.append((part[end:], None))
    return found


def difference(saved, now, markup=False):
    """None, or (what was saved, what is now) around the first place where they differ."""
    a, b = pieces(saved, markup), pieces(now, markup)
    place_a = place_b = 0
    for (x, alike), (y, alike_y) in zip(a, b):
        same = x == y or (alike is not None and alike is alike_y and alike(x, y))
        if not same:
            break
        place_a, place_b = place_a + len(x), place_b + len(y)
    else:
        if len(a) == len(b):
            return None
        x = y = ""
    around = lambda parts, place: "".join(p for p, _ in parts)[max(place - 40, 0) : place + 60]
    return around(a, place_a), around(b, place_b)


def contents(output):
    """[(kind, text)] of an output."""
    if output.output_type == "stream":
        return [(output.name, output.text)]
    data = output.get("data", {})
    return [(kind, data[kind] if isinstance(data[kind], str) else repr(data[kind])) for kind in sorted(data)]


def differences(saved, now):
    """One line for each output of a cell that is not as it was saved."""
    old = [c for output in saved for c in contents(output)]
    new = [c for output in now for c in contents(output)]
    if [kind for kind, _ in old] != [kind for kind, _ in new]:
        kinds = [", ".join(kind for kind, _ in c) or "nothing" for c in (old, new)]
        return [f"gave {kinds[0]}, gives {kinds[1]} now"]
    found = []
    for (kind, a), (_, b) in zip(old, new):
        if apart := difference(a, b, markup=kind in ("text/html", "image/svg+xml")):
            found.append(f"gives another {kind} now\n    saved: {apart[0]!r}\n    now:   {apart[1]!r}")
    return found

"""Text of others on pages: shown as it is written, and never acted upon."""

import re

from markupsafe import Markup, escape

_COUNT = re.compile(r"(?<=[A-Za-z)\]])(\d+(?:\.\d+)?)")
_TRICKS = str.maketrans(
    {letter: f"\\{letter}" for letter in "\\`*_[]|~:@#$^"}
    | {"<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;", "'": "&#39;"}
)
"""What means something to markdown or HTML, and how to write it where it should not."""


def markdown_text(text: str) -> str:
    """A text that shows in markdown as it is written, on one line."""
    return plain(text).translate(_TRICKS).replace("www.", "www\\.")


def plain(text: str) -> str:
    """A text on one line, without characters that cannot be seen."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())


def chemical(text: str) -> Markup:
    """A formula with its numbers set low, and the water of a hydrate behind a dot."""
    parts = _COUNT.split(plain(text).replace("*", "·"))
    marked = [
        escape(part) if i % 2 == 0 else Markup("<sub>{}</sub>").format(part)
        for i, part in enumerate(parts)
    ]
    return Markup("").join(marked)

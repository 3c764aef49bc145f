"""Text of unknown origin, made harmless to show: nothing hidden in it, nothing reordered by it."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 4000
"""How many characters of one text a page shows."""
_MOST_LINES = 80
_LONGEST_LINE = 2000
_LONGEST_NAME = 120
_KEPT = {"\n", "\t", "\u200c", "\u200d"}
"""Line end and tab, and the two joiners without which some scripts cannot be read."""
_HIDDEN_KINDS = {"Cc", "Cf", "Cs", "Co", "Cn"}
"""Controls, formats (those that turn the reading direction among them), half characters."""
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029\x85]")
_TOWERS = re.compile(
    r"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{3})"
    r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+"
)
"""More marks on one letter than any language has; a thousand of them cover the page."""


def shown(text: object, limit: int = LONGEST) -> str:
    """Return a text whose every character can be seen, cut where it is too long.

    It is not HTML yet: the page's template escapes it.

    Args:
        text: What somebody wrote, or a program printed.
        limit: How many characters of it are shown.
    """
    whole = _LINE_ENDS.sub("\n", str(text))
    kept = "\n".join(whole[:limit].split("\n")[:_MOST_LINES])
    lines = _TOWERS.sub(r"\1", "".join(map(_visible, kept))).split("\n")
    told = "\n".join(_cut(line, _LONGEST_LINE) for line in lines)
    if len(whole) == len(kept):
        return told
    return f"{told}\n[cut here: {len(whole) - len(kept):,} more characters]"


def shown_name(text: object) -> str:
    """Return a name as one line; see `shown`."""
    line = " ".join(shown(str(text)[: 2 * _LONGEST_NAME], 2 * _LONGEST_NAME).split())
    return _cut(line, _LONGEST_NAME) or "(no name)"


def _visible(character: str) -> str:
    if character in _KEPT or unicodedata.category(character) not in _HIDDEN_KINDS:
        return character
    code = ord(character)
    # The pictures of control characters: that of ESC reads ESC.
    return chr(0x2400 + code) if code < 0x20 else f"[U+{code:04X}]"


def _cut(line: str, limit: int) -> str:
    return line if len(line) <= limit else f"{line[:limit]} [cut: {len(line) - limit:,} more]"

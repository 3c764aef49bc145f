"""Text that comes from outside, in a line on a terminal and in a cell of a spreadsheet."""

from __future__ import annotations

import unicodedata

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def printable(text: str, longest: int = 400) -> str:
    """Return a text in one line, without what a terminal would take for an order.

    Args:
        text: Anything, also what a student chose.
        longest: In characters; the rest is cut off, with an ellipsis.
    """
    plain = "".join(
        " " if one.isspace() else one if _is_shown(one) else "\N{REPLACEMENT CHARACTER}"
        for one in text[: longest + 1]
    )
    line = " ".join(plain.split())
    return line if len(text) <= longest else line[: longest - 1] + "…"


def _is_shown(character: str) -> bool:
    """Return whether it is no control, format (also bidirectional) or unpaired character.

    Names of some languages need the two joiners.
    """
    kind = unicodedata.category(character)
    return character in "\u200c\u200d" or kind not in {"Cc", "Cf", "Cs", "Co", "Cn"}


def safe_cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: one that it would is quoted by ``'``.

    Source: https://owasp.org/www-community/attacks/CSV_Injection
    """
    line = printable(text, 2000)
    # The spaces before it, which hid what a line begins with, are gone.
    is_formula = any(one.startswith(_FORMULA_STARTS) for one in (text, line))
    return f"'{line}" if is_formula else line

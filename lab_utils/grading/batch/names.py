"""Names that come from outside, for files, lines on a terminal and cells of a spreadsheet."""

from __future__ import annotations

import unicodedata

_LONGEST_BYTES = 120
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.@+ ")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def file_name_of(student: str) -> str:
    """Return the stem of a student's files: no two students share one, and no path comes of it.

    What a file name may not hold on some system, a leading dot, and a character outside ASCII are
    percent-encoded by their UTF-8 bytes.

    Args:
        student: As the submissions name them; not empty.

    Raises:
        ValueError: The name is empty, or longer than a file name may be.
    """
    kept = "".join(_encoded(one, is_first=place == 0) for place, one in enumerate(student))
    if kept.endswith((".", " ")):
        kept = kept[:-1] + f"%{ord(kept[-1]):02X}"
    if not kept or len(kept) > _LONGEST_BYTES:
        raise ValueError(f"no file can be named after the student {student[:40]!r}")
    return kept


def _encoded(character: str, *, is_first: bool) -> str:
    if character in _PLAIN and not (is_first and character in ". -"):
        return character
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))


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
    return f"'{line}" if text.startswith(_FORMULA_STARTS) or line.startswith("=") else line

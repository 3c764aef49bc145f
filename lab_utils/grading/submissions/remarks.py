"""What is said of a submission: short, plain, and bounded whatever the submission holds."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from lab_utils.grading.sandbox.output import clean

_SHOWN = 4
_LONGEST_NAME, _LONGEST_LINE = 120, 300


def shown(text: str, longest: int = _LONGEST_NAME) -> str:
    """Return a text of somebody else's on one line, without control characters, cut to a length."""
    line = " ".join("".join(map(_visible, clean(text))).split())
    return line if len(line) <= longest else f"{line[: longest - 3]}..."


def shown_line(text: str) -> str:
    """Return a longer text of somebody else's, such as an error, on one line."""
    return shown(text, _LONGEST_LINE)


def shown_names(names: list[str]) -> str:
    """Return names, a few of them if there are many."""
    some = ", ".join(shown(name) or "(no name)" for name in names[:_SHOWN])
    more = len(names) - _SHOWN
    return f"{some} and {more} more" if more > 0 else some


def _visible(character: str) -> str:
    # Controls, marks that turn the direction of writing, and halves of surrogate pairs.
    kind = unicodedata.category(character)
    return (
        " " if kind in {"Zl", "Zp"} or character.isspace() else "" if kind[0] == "C" else character
    )


class LeftOut:
    """Collects what was left out by its reason, so that ten thousand files are one sentence."""

    def __init__(self) -> None:
        self._names: dict[str, list[str]] = {}

    def add(self, reason: str, name: str) -> None:
        """Note a name; the reason goes on from "Left out, ..."."""
        names = self._names.setdefault(reason, [])
        if name not in names[:_SHOWN]:
            names.append(name if len(names) < _SHOWN else "")

    def sentences(self) -> Iterator[str]:
        """Yield one sentence a reason."""
        for reason, names in self._names.items():
            yield f"Left out, {reason}: {shown_names(names)}."

"""What is left of the practical, why, and the way to remove it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from lab_utils.teardown.calls import Call, commands

COLUMNS = ("service", "kind", "name", "why", "remove")


@dataclass(frozen=True)
class Leftover:
    """Something of the practical that exists.

    Attributes:
        service: The service's name, such as ``IoT Core``.
        kind: What it is, such as ``certificate``.
        name: How it is told apart from others of its kind.
        why: Why it may be left, or why it is taken for the practical's.
        calls: What removes it, in order; none where only ``by_hand`` does.
        by_hand: How to remove it where no call is made for it: a command or a sentence.
        is_going: Whether AWS is about to delete it.
        is_sure: Whether it is the practical's for sure; else the account's owner has to look.
    """

    service: str
    kind: str
    name: str
    why: str
    calls: tuple[Call, ...] = ()
    by_hand: str = ""
    is_going: bool = False
    is_sure: bool = True

    @property
    def remove(self) -> str:
        """The way to remove it: one line for a shell, or a sentence."""
        return commands(self.calls) if self.calls else self.by_hand

    @property
    def title(self) -> str:
        """Service, kind and name."""
        return f"{self.service} {self.kind} {self.name}"

    def to_json(self) -> dict[str, str]:
        """Return it as an object, with the columns of the table."""
        return {name: getattr(self, name) for name in COLUMNS}


def leftover_table(leftovers: Iterable[Leftover]) -> pd.DataFrame:
    """Return a row a leftover: ``service``, ``kind``, ``name``, ``why``, ``remove``, all text."""
    rows = [one.to_json() for one in leftovers]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype("string")


def leftover_lines(leftovers: Sequence[Leftover]) -> list[str]:
    """Return two or three lines a leftover: what, why, how to remove it."""
    lines: list[str] = []
    for one in leftovers:
        lines.append(f"  {one.title}: {one.why}")
        lines.append(f"    {one.remove}")
    return lines


def counted(counts: Counter[str]) -> str:
    """Return counts in words, the greatest first: ``IAM 9, IoT Core 8``."""
    return ", ".join(f"{name} {number}" for name, number in counts.most_common())

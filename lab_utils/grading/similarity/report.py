"""The report of what submissions have in common: it tells, and leaves the judging to a human."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lab_utils.grading.similarity.comparison import REMARKABLE, Alike, compare
from lab_utils.grading.similarity.course import course_prints
from lab_utils.grading.similarity.fingerprints import Print
from lab_utils.grading.similarity.places import Match, Place, matches
from lab_utils.grading.similarity.sources import Work, read_work
from lab_utils.settings import CHECKOUT

NOTE = (
    "HCL, Python and YAML were compared without names, texts, comments, layout and order. What the "
    "course gives or asks for word by word, and what nearly all have, does not count. A high score "
    "says that two submissions are alike, not why: students may have worked together, taken the "
    "same example, or found the same solution. Read both before you think anything."
)
_MOST_PAIRS = 100
_MOST_LINES = 60
_LONGEST_LINE = 300
_NOT_SHOWN = re.compile(
    r"[^\S \t]|[\x00-\x08\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


@dataclass(frozen=True)
class Pair:
    """Two submissions that are alike, with the passages to compare.

    Attributes:
        alike: The two, and how much they share.
        matches: The passages, the longest first.
        works: What each of them is.
    """

    alike: Alike
    matches: tuple[Match, ...]
    works: tuple[Work, Work]

    def to_json(self) -> dict[str, Any]:
        """Return the pair as the class page reads it."""
        return {
            "students": list(self.alike.students),
            "score": round(self.alike.score, 3),
            "shares": [round(share, 3) for share in self.alike.shares],
            "passages": [
                {
                    "kind": match.kind,
                    "tokens": match.tokens,
                    "places": [
                        _shown(place, work)
                        for place, work in zip(match.places, self.works, strict=True)
                    ],
                }
                for match in self.matches
            ],
        }


@dataclass(frozen=True)
class SimilarityReport:
    """What the submissions of a class have in common.

    Attributes:
        compared: How many submissions were compared.
        typical: The score in the middle of all pairs.
        pairs: The remarkable pairs, the most alike first; at most 100.
        more: How many remarkable pairs there are beyond these.
        left_out: Files that could not be compared: student, file, why.
    """

    compared: int
    typical: float
    pairs: tuple[Pair, ...]
    more: int = 0
    left_out: tuple[tuple[str, str, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the object that stands in ``results.json`` under ``similarity``."""
        return {
            "compared": self.compared,
            "typical": round(self.typical, 3),
            "note": NOTE,
            "pairs": [pair.to_json() for pair in self.pairs],
            "more": self.more,
            "left_out": [
                dict(zip(("student", "file", "why"), one, strict=True)) for one in self.left_out
            ],
        }


def find_similar(
    works: Mapping[str, Mapping[str, bytes]],
    *,
    given: Iterable[Print] | None = None,
    least: float = REMARKABLE,
) -> SimilarityReport:
    """Return which submissions are alike beyond what the course brings with it.

    Args:
        works: Each student's files, by path.
        given: Fingerprints that do not count; those of this checkout's course by default.
        least: Pairs with a lower score are left out, unless a share is twice as high.
    """
    read = {student: read_work(files) for student, files in works.items()}
    known = course_prints(CHECKOUT) if given is None else given
    found = compare(read, known, least)
    left_out = [
        (student, one.file, one.why) for student, work in read.items() for one in work.left_out
    ]
    pairs = tuple(_pair(alike, read) for alike in found.pairs[:_MOST_PAIRS])
    more = len(found.pairs) - len(pairs)
    return SimilarityReport(len(read), found.typical, pairs, more, tuple(left_out))


def _pair(alike: Alike, read: Mapping[str, Work]) -> Pair:
    first, second = (read[student] for student in alike.students)
    found = matches(first.passages, second.passages, alike.shared)
    return Pair(alike, tuple(found), (first, second))


def _shown(place: Place, work: Work) -> dict[str, Any]:
    """Return a place with its text, which is the student's own and of bounded length."""
    lines = work.texts[place.file].split("\n")[place.first_line - 1 : place.last_line]
    shown = [_NOT_SHOWN.sub("", line)[:_LONGEST_LINE] for line in lines[:_MOST_LINES]]
    return {
        "file": place.file,
        "first_line": place.first_line,
        "last_line": place.last_line,
        "text": "\n".join(shown),
    }

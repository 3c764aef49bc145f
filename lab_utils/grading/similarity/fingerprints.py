"""Fingerprints: every run of a few signs within one passage, wherever the passage stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from lab_utils.grading.similarity.passages import HCL, PYTHON, YAML, Passage

Print = tuple[str, ...]
"""A fingerprint: the kind, and the signs of the run."""
LENGTHS: Mapping[str, int] = {HCL: 5, PYTHON: 8, YAML: 4}
"""How many signs a run has: HCL is denser than a syntax tree, YAML denser than both."""
_SHORTEST = 3


@dataclass(frozen=True)
class Found:
    """A fingerprint of a passage, and the signs that it covers, counted from 0."""

    print: Print
    begin: int
    end: int


def prints_of(passage: Passage) -> Iterator[Found]:
    """Yield the fingerprints of a passage; one for all of it where it is shorter than a run."""
    length = LENGTHS[passage.kind]
    texts = tuple(sign.text for sign in passage.signs)
    if _SHORTEST <= len(texts) < length:
        yield Found((passage.kind, *texts), 0, len(texts))
    for begin in range(len(texts) - length + 1):
        end = begin + length
        yield Found((passage.kind, *texts[begin:end]), begin, end)


def all_prints(passages: Iterable[Passage]) -> frozenset[Print]:
    """Return the fingerprints of passages, each once."""
    found = chain.from_iterable(map(prints_of, passages))
    return frozenset(one.print for one in found)

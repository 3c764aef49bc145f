"""All mutants of a function's sources, and the few that stand for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from lab_utils.mutants.constants import Constants
from lab_utils.mutants.operators.comparisons import comparisons
from lab_utils.mutants.operators.means import means
from lab_utils.mutants.operators.switches import switches
from lab_utils.mutants.operators.texts import texts
from lab_utils.mutants.operators.zones import zones
from lab_utils.mutants.source import Mutant, Source

MOST = 25
_KINDS = (
    *("border", "swapped", "on and off", "between", "artefact", "mean", "dropped", "mixed"),
    *("topic", "moved", "turned", "nothing", "decimals", "message", "unreadable", "joined"),
    *("break", "query"),
)
"""From the mistakes that matter most in this practical to those that matter least."""
_MOST_OF_A_KIND = {"query": 2, "break": 2, "dropped": 4, "nothing": 3, "decimals": 2}


def all_mutants(sources: Sequence[Source]) -> list[Mutant]:
    """Return every mutant of some modules that is Python, each text once, by file and line."""
    constants, order = Constants(sources), [source.file for source in sources]
    found = {one.text: one for source in sources for one in _mutants(source, constants)}
    originals = {source.text for source in sources}
    valid = (one for text, one in found.items() if text not in originals and _is_python(one))
    return sorted(valid, key=lambda one: (order.index(one.file), one.line))


def choose(mutants: Sequence[Mutant], most: int = MOST) -> list[Mutant]:
    """Return some mutants that stand for all: of each kind one, then of each another one.

    Args:
        mutants: All of them.
        most: How many, at most.
    """
    columns = [
        [one for one in mutants if one.kind == kind][: _MOST_OF_A_KIND.get(kind)] for kind in _KINDS
    ]
    ranked = [one for row in zip_longest(*columns) for one in row if one is not None]
    chosen = {id(one) for one in ranked[:most]}
    return [one for one in mutants if id(one) in chosen]


def _mutants(source: Source, constants: Constants) -> Iterator[Mutant]:
    yield from comparisons(source, constants)
    yield from switches(source)
    yield from means(source)
    yield from zones(source)
    yield from texts(source)


def _is_python(mutant: Mutant) -> bool:
    try:
        compile(mutant.text, mutant.file, "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True

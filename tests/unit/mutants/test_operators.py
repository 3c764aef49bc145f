"""The mistakes that are made in a function's sources: plausible ones, none without effect."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from lab_utils.mutants.catalogue import MOST, all_mutants, choose
from lab_utils.mutants.controls import rewrite
from lab_utils.mutants.source import Mutant, Source, write_module
from lab_utils.settings import CHECKOUT
from tests.unit.mutants.authors import AUTHORS, behaviour

DECISION = CHECKOUT / "lambda" / "ac_control_lambda" / "src" / "decision.py"
KINDS = {"border", "swapped", "on and off", "between", "artefact", "mean", "dropped", "mixed"}


def mutants_of(*texts: str) -> list[Mutant]:
    sources = [Source(f"module{number}.py", text) for number, text in enumerate(texts)]
    return all_mutants(sources)


def changes(*texts: str, kind: str = "") -> set[tuple[str, str]]:
    return {(one.right, one.wrong) for one in mutants_of(*texts) if kind in ("", one.kind)}


@pytest.fixture(autouse=True)
def region() -> Iterator[None]:
    with patch.dict(os.environ, AWS_REGION="eu-west-1"):
        yield


@pytest.mark.parametrize("author", AUTHORS)
def test_every_mutant_of_every_author_does_something_else(author: str) -> None:
    right = behaviour(AUTHORS[author])
    assert not any(ended for _sent, ended in right)
    mutants = mutants_of(AUTHORS[author])
    assert len(mutants) > 15
    assert [str(one) for one in mutants if behaviour(one.text) == right] == []


@pytest.mark.parametrize("author", AUTHORS)
def test_the_same_function_in_other_words_does_the_same(author: str) -> None:
    other = rewrite(Source("function.py", AUTHORS[author]))
    assert other != AUTHORS[author]
    assert behaviour(other) == behaviour(AUTHORS[author])


def test_only_names_that_nobody_else_sees_are_other_ones() -> None:
    text = """
count = 0

def f(rows, error=None):
    import json as reader
    global count
    count = len(rows)
    total = sum(row for row in rows)
    try:
        total += reader.loads("1")
    except ValueError as problem:
        problem = str(problem)
    match rows:
        case [first, *rest]:
            total += first + len(rest)
    return total, count
"""
    names: dict[str, Any] = {}
    other = rewrite(Source("f.py", text))
    exec(other, names)
    assert "total_" in other
    assert names["f"]([1, 2]) == (6, 2)
    assert names["count"] == 2


def test_the_workbooks_decision_has_mutants_of_all_kinds() -> None:
    mutants = choose(all_mutants([Source.read(DECISION, "decision.py")]))
    assert len(mutants) == MOST
    assert {one.kind for one in mutants} >= KINDS
    assert max(Counter(one.kind for one in mutants).values()) <= 4
    [border] = [one for one in mutants if one.right == "mean_c > ON_ABOVE_C" and "=" in one.wrong]
    line = DECISION.read_text(encoding="utf-8").split("mean_c > ON_ABOVE_C")[0].count("\n") + 1
    assert str(border).startswith(
        f"decision.py:{line}: `mean_c > ON_ABOVE_C` became `mean_c >= ON_ABOVE_C` ("
    )


def test_what_is_around_a_change_is_kept_as_it_was_written() -> None:
    text = "def f( m ) :  # é\r\n\tif ( m ) \\\r\n\t\t> 35 : return 'on'\r\n"
    borders = [one for one in mutants_of(text) if one.kind == "border"]
    assert [one.text for one in borders] == [text.replace("> 35", ">= 35")]
    assert borders[0].line == 3


def test_a_module_is_written_in_the_encoding_it_names(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    data = "# coding: latin-1\r\nhot = '\xe9' if mean > 35 else ''\r\n".encode("latin-1")
    path.write_bytes(data)
    [border] = [one for one in all_mutants([Source.read(path, "module.py")]) if ">=" in one.wrong]
    write_module(path, border.text)
    assert path.read_bytes() == data.replace(b">", b">=")


@pytest.mark.parametrize(
    ("text", "right", "wrong"),
    [
        ("def f(m): return 35 < m", "35 < m", "35 <= m"),
        ("def f(m): return 20 <= m <= 35", "20 <= m <= 35", "20 < m <= 35"),
        ("def f(m): return m > float('35')", "m > float('35')", "m < float('35')"),
        ("A = {'on': 35}\ndef f(m): return m > A['on']", "m > A['on']", "m < A['on']"),
        ("def f(m, on=35.0): return m > on", "on=35.0", "on=36.0"),
        ("class A:\n  ON = 35\n  def f(self, m): return m > self.ON", "ON = 35", "ON = 80"),
        ("ON, OFF = 35, 20\ndef f(m): return m > ON", "ON, OFF = 35, 20", "ON, OFF = 36, 20"),
        ("def f(m): return m > 35 or m < 20", "m > 35", "m > 20"),
        ("def f(m): return m > 35 or m < 20", "m > 35 or m < 20", "m > 35 and m < 20"),
        ("def f(v): return sum(v) / len(v)", "sum(v) / len(v)", "min(v)"),
        ("def f(v): return numpy.mean(v)", "numpy.mean(v)", "list(v)[-1]"),
        ("def f(d): return d['t'].mean()", "d['t'].mean()", "d['t'].max()"),
        ("def f(v): return [t for t in v if t < 40]", "t < 40", "True"),
        ("def f(v): return [t for t in v if not t >= 40]", "t >= 40", "False"),
        ("ZONES = [1, 2]\nfor zone in ZONES: f(zone)", "ZONES", "list(ZONES)[:1]"),
        ("for zone in range(1, 3): f(zone)", "range(1, 3)", "list(range(1, 3))[:1]"),
        ("t = 'AC/AC-{}'.format(zone)", "'AC/AC-{}'", "'AC/AC-1'"),
        ("t = {1: 'AC/AC-1', 2: 'AC/AC-2'}", "'AC/AC-2'", "'AC/AC-1'"),
        ("def f(): publish('AC/AC-1')", "publish('AC/AC-1')", "pass"),
        (
            "def f(z):\n  return 'ON' if z else 'off'",
            "return 'ON' if z else 'off'",
            "return 'OFF' if z else 'off'",
        ),
        ("def f(z): return f'{z:.1f} C' if z > 35 else ''", "z > 35", "z >= 35"),
    ],
)
def test_mistakes_are_found_in_whatever_way_it_is_written(
    text: str, right: str, wrong: str
) -> None:
    assert (right, wrong) in changes(text)


@pytest.mark.parametrize(
    "text",
    [
        "if attempts > 3: raise ValueError('35')",
        "print('zone 1: AC/AC-1')",
        'def f():\n    """Sends to AC/AC-1: SELECT a FROM b WHERE t < 40."""',
        "x = zip(a, b, strict=True)",
        "enabled = row.get('enabled', False)",
        "x = f'{zone} {rows[zone]} {mean > 35}'",
    ],
)
def test_nothing_is_made_of_what_decides_nothing(text: str) -> None:
    assert changes(text) == set()


def test_thresholds_are_known_across_modules() -> None:
    limits, use = "ON_C = 35.0\nOFF_C = 20.0\n", "import limits\nhot = mean > limits.ON_C\n"
    assert ("ON_C = 35.0", "ON_C = 36.0") in changes(limits, use)
    assert ("mean > limits.ON_C", "mean >= limits.ON_C") in changes(limits, use)


def test_the_chosen_stand_for_all_kinds_and_are_the_same_each_time() -> None:
    mutants = mutants_of(AUTHORS["by measure"])
    few = choose(mutants, 8)
    assert len({one.kind for one in few}) == 8
    assert few == choose(mutants_of(AUTHORS["by measure"]), 8)
    assert len(choose(mutants)) == MOST

"""How many mistakes in a function its tests notice, and which they do not."""

from __future__ import annotations

import random
import secrets
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from lab_utils.launching import Enclose, as_it_is
from lab_utils.mutants.catalogue import MOST, all_mutants, choose
from lab_utils.mutants.controls import rewrite
from lab_utils.mutants.runner import NO_TESTS, Job, Outcome, Runner
from lab_utils.mutants.source import Mutant, Source, write_module
from lab_utils.mutants.subject import OWN_TESTS, Subject, find_subject, make_same_age

_LONGEST_S = 30.0
"""So long the tests may compute on the right function."""
_PATIENCE_S = 2.0
_BUDGET_S, _FEWEST = 120.0, 6
_CONTROLS = 3
_MEMORY = "mutants"
_ASSERT = (
    "call the function with a temperature, or with readings, and assert what has to come of it."
)


@dataclass(frozen=True)
class TestScore:
    """What tests are worth.

    Attributes:
        caught: How many mutants made a test fail.
        total: How many mutants there were.
        survivors: Those that no test noticed, each with its place, its change and its meaning.
        is_green: Whether the tests pass on the function as it is, whatever way it is written.
        says: What came of it, in a sentence.
        advice: What to do next; "" if nothing survived.
        seconds: How long it took.
    """

    __test__ = False  # pytest takes it for no test of its own

    caught: int
    total: int
    survivors: tuple[str, ...]
    is_green: bool
    says: str
    advice: str = ""
    seconds: float = 0.0

    @property
    def share(self) -> float:
        """The share of the mutants that were caught, from 0 to 1."""
        return self.caught / self.total if self.total else 0.0

    def lines(self) -> list[str]:
        """Return the score as lines for the reader."""
        survived = [f"  survived: {one}" for one in self.survivors]
        return [self.says, *survived, *([f"  {self.advice}"] if self.advice else [])]


def score_tests(
    folder: Path, tests: Sequence[Path] | None = None, enclose: Enclose = as_it_is
) -> TestScore:
    """Return how many mutants of a function its tests notice.

    The tests run on the function as it is, and then, in an order that nobody knows, on each mutant
    and on functions that do the same in other words: always in a new copy of the folder and in a
    new process, without plugins, without the network, with a time limit. Mutants are put in other
    words too, so that nothing but what they do tells them from what is right.

    Args:
        folder: The function's folder; see `find_subject` for what counts in it.
        tests: The tests that count.
        enclose: How the process that runs the tests is started.
    """
    began = time.monotonic()
    subject = find_subject(folder, tests)
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        score = _score(subject, Path(scratch).resolve(), enclose)
    return replace(score, seconds=time.monotonic() - began)


def score_once(folder: Path, memory: dict[str, Any], enclose: Enclose = as_it_is) -> TestScore:
    """Return `score_tests`, from memory if neither sources nor tests have changed since.

    Args:
        folder: The function's folder.
        memory: Keeps the last score.
        enclose: How the process that runs the tests is started.
    """
    fingerprint = find_subject(folder).fingerprint()
    known, score = memory.get(_MEMORY, ("", None))
    if known != fingerprint:
        score = score_tests(folder, enclose=enclose)
        memory[_MEMORY] = (fingerprint, score)
    return cast(TestScore, score)


def _score(subject: Subject, scratch: Path, enclose: Enclose) -> TestScore:
    if not subject.modules:
        return _refused(
            f"there is no Python module in {subject.sources}", "name the function's folder."
        )
    if not subject.tests:
        return _without_tests(subject)
    try:
        sources = subject.read()
    except SyntaxError as error:
        seen = f"{error.filename}:{error.lineno} is no Python: {error.msg}"
        return _refused(seen, "mend the function first.")
    except ValueError as error:
        return _refused(f"a source cannot be read: {error}", "save it as UTF-8.")
    with Runner(scratch / "temporary", enclose) as runner:
        return _Bench(subject, scratch, runner).score(sources)


class _Bench:
    """Runs a subject's tests on copies of it."""

    def __init__(self, subject: Subject, scratch: Path, runner: Runner) -> None:
        self._subject = subject
        self._scratch = scratch
        self._runner = runner
        self._cwd = Path()
        self._copied = subject.copied_tests()
        self._limit_s = _LONGEST_S

    def score(self, sources: Sequence[Source]) -> TestScore:
        """Return the tests' score."""
        right = self._find_cwd()
        if not right.is_green:
            return self._not_green(right)
        self._limit_s = _PATIENCE_S + 5.0 * (right.computed_s or right.seconds)
        most = max(_FEWEST, min(MOST, int(_BUDGET_S / max(right.seconds, 0.01))))
        mutants = choose(all_mutants(sources), most)
        # In no order that tests could know, and in the same form: what is right is in between.
        tried: list[Mutant | None] = [*mutants, *[None] * _CONTROLS]
        random.SystemRandom().shuffle(tried)
        survivors = []
        for mutant in tried:
            is_green = self._run(_other_words(sources, mutant)).is_green
            if mutant is None and not is_green:
                return self._inconstant()
            if mutant is not None and is_green:
                survivors.append(mutant)
        return _counted(mutants, [one for one in mutants if one in survivors], right.passed)

    def _inconstant(self) -> TestScore:
        """Return the score of tests that were green, and then red on a function that is right."""
        again = self._run({}, is_told=True)
        return _judges_text() if again.is_green else self._not_green(again, "the second time ")

    def _find_cwd(self) -> Outcome:
        """Return what comes of the tests as they are, run in the repository or in their folder."""
        first = self._run({}, is_told=True)
        if first.is_green or first.is_late:
            return first
        self._cwd = self._subject.place
        second = self._run({}, is_told=True)
        if not second.is_green:
            self._cwd = Path()
        return second if second.is_green else first

    def _run(self, changes: Mapping[str, str], *, is_told: bool = False) -> Outcome:
        """Return what comes of the tests in a new copy with some modules changed."""
        root = self._scratch / secrets.token_hex(4) / "repository"
        self._subject.copy(root)
        folder = root / self._subject.place
        sources = root / self._subject.sources.relative_to(self._subject.root)
        for name, text in changes.items():
            write_module(sources / name, text)
        make_same_age(root)
        outcome = self._runner.run(
            Job(
                cwd=str(root / self._cwd),
                tests=tuple(str(folder / one) for one in self._subject.tests),
                left_out=tuple(str(folder / one) for one in self._copied),
                paths=tuple(map(str, (sources, folder, root))),
                modules=self._modules(),
                limit_s=self._limit_s,
                is_told=is_told,
            )
        )
        return replace(outcome, words=outcome.words.replace(str(root), "."))

    def _modules(self) -> tuple[str, ...]:
        """Return what is loaded once for all: boto3 takes longer than most tests."""
        if self._subject.is_workbook:
            return ()
        files = [self._subject.sources / one for one in self._subject.modules]
        used = any(b"boto3" in one.read_bytes() for one in files)
        return ("boto3",) if used else ()

    def _not_green(self, outcome: Outcome, when: str = "") -> TestScore:
        if self._copied and outcome.status == NO_TESTS:
            return _only_copies(self._copied)
        seen, advice = _reason(outcome, self._limit_s)
        own = "on the function as it is"
        return _refused(f"{when}{seen} {own}".strip(), advice)


def _other_words(sources: Sequence[Source], mutant: Mutant | None) -> dict[str, str]:
    """Return the text of each module in other words, with a mistake in one or in none."""
    ending = f"_{secrets.token_hex(2)}"
    mutated = {} if mutant is None else {mutant.file: Source(mutant.file, mutant.text)}
    return {one.file: rewrite(mutated.get(one.file, one), ending) for one in sources}


def _reason(outcome: Outcome, limit_s: float) -> tuple[str, str]:
    """Return why tests are not green, and what to do about it."""
    if outcome.is_late:
        return (
            f"the tests were not at their end after {limit_s:.0f} s",
            "what do they wait for? Put a fake in its place (unittest.mock).",
        )
    if outcome.host:
        return (
            f"the tests reach for the network ({outcome.host}), which is blocked: "
            f"{outcome.failed} fails",
            "put a fake in the place of boto3.client: unittest.mock.patch, or pytest's "
            "monkeypatch.",
        )
    if outcome.failed:
        return (
            f"{outcome.failed} fails, with {outcome.words or 'no message'},",
            "either the test or the function is wrong: run pytest, and mend it.",
        )
    if outcome.status == NO_TESTS or outcome.status == 0:
        return "no test ran", f"a test is a function whose name begins with test_: {_ASSERT}"
    return (
        f"the tests ended the process that runs them (pytest's status: {outcome.status})",
        "take sys.exit, os._exit and the like out of the tests.",
    )


def _without_tests(subject: Subject) -> TestScore:
    if subject.is_workbook:
        name = (subject.place / "tests" / OWN_TESTS).as_posix()
        seen = f"there is no {name}: the given tests are not yours"
        return _refused(seen, f"write it: {_ASSERT}")
    seen = f"there are no tests in {subject.place.as_posix()}"
    return _refused(seen, f"write {subject.place.as_posix()}/tests/test_decision.py: {_ASSERT}")


def _only_copies(copied: Sequence[str]) -> TestScore:
    names = ", ".join(one.rpartition("::")[2] for one in copied)
    seen = f"there is no test of your own: {names} stands in the given tests too"
    return _refused(seen, f"write your own: {_ASSERT}")


def _judges_text() -> TestScore:
    return _refused(
        "the tests fail on a function that does the same, with other layout, comments and names of "
        "local variables: they look at its text, or at how they are run, not at what it does",
        f"write what it has to do: {_ASSERT}",
    )


def _counted(mutants: Sequence[Mutant], survivors: Sequence[Mutant], passed: int) -> TestScore:
    caught = len(mutants) - len(survivors)
    tests = "1 test catches" if passed == 1 else f"{passed} tests catch"
    if not mutants:
        says = "nothing was found in the function in which a mistake could be made"
        advice = "does it compare a mean with the thresholds?"
    else:
        says = f"{tests} {caught} of {len(mutants)} mutants"
        advice = f"write a test for each that survived: {_ASSERT}" if survivors else ""
    return TestScore(caught, len(mutants), tuple(map(str, survivors)), True, says, advice)


def _refused(says: str, advice: str) -> TestScore:
    return TestScore(0, 0, (), False, says, advice)

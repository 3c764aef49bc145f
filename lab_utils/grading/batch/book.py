"""The book of a batch: each student's result once, on disk as soon as it is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab_utils.grading.batch.entries import FAILED_ENDINGS, LOST, Entry, history_with, now
from lab_utils.grading.batch.errors import BatchError
from lab_utils.grading.batch.folder import TABLE, ResultsFolder
from lab_utils.grading.batch.late import LatePolicy
from lab_utils.grading.batch.table import grades_csv

COURSE = "practical-aws-iot"
_AGAIN = FAILED_ENDINGS | {LOST}
"""Endings that are not the submission's doing for sure: --resume tries these again."""


class Book:
    """The results of a batch.

    Args:
        folder: Where they are kept.
        policy: What being late costs.
        run: The name of this batch: when it began.
        checks: Every check of the course: id, part and points.
        students: Who has a submission now; who has none any more is left out.
    """

    def __init__(
        self,
        folder: ResultsFolder,
        policy: LatePolicy,
        run: str,
        checks: list[dict[str, Any]],
        students: set[str],
    ) -> None:
        self._folder, self._policy, self._run = folder, policy, run
        self._checks = checks
        former = folder.read_entries()
        self._former = {name: one for name, one in former.items() if name in students}
        self.gone = sorted(set(former) - students)
        self._entries: dict[str, dict[str, Any]] = {
            name: Entry.from_json(one).to_json(policy) for name, one in self._former.items()
        }
        self._recorded: set[str] = set()
        self._extra: dict[str, Any] = {}

    @property
    def run(self) -> str:
        """The name of this batch."""
        return self._run

    def kept(self, student: str, sha256: str) -> Entry | None:
        """Return the result that this batch already has of a submission, if its bytes are the same.

        Args:
            student: Whose.
            sha256: Of the submission as it is now.
        """
        former = self._former.get(student)
        if former is None or (former["run"], former["sha256"]) != (self._run, sha256):
            return None
        return None if former["ending"]["status"] in _AGAIN else Entry.from_json(former)

    def keep(self, entry: Entry) -> None:
        """Take over a result of this batch from before it was stopped."""
        self._store(entry.to_json(self._policy))

    def record(self, entry: Entry) -> dict[str, Any] | None:
        """Write a result down, with the former ones as its history; the first one counts.

        Args:
            entry: A result of this batch, without a history.

        Returns:
            What was written; None if this batch has a result of the student already.
        """
        if entry.student in self._recorded:
            return None
        told = entry.to_json(self._policy)
        if former := self._former.get(entry.student):
            told["history"] = [dict(one) for one in history_with(former)]
        self._store(told)
        return told

    def _store(self, told: dict[str, Any]) -> None:
        self._folder.write_entry(told)
        self._entries[told["student"]] = told
        self._recorded.add(told["student"])
        self.write()

    def write(self) -> None:
        """Write ``results.json``."""
        self._folder.write_results(self.results())

    def write_table(self) -> None:
        """Write ``grades.csv``."""
        self._folder.write(TABLE, grades_csv(self.results()))

    def add_similarity(self, report: dict[str, Any]) -> None:
        """Put the report of similar submissions with the results."""
        self._extra["similarity"] = report
        self.write()

    def results(self) -> dict[str, Any]:
        """Return all results, as ``results.schema.json`` says."""
        entries = [self._entries[name] for name in sorted(self._entries)]
        return {
            "format": 1,
            "course": COURSE,
            "run": self._run,
            "graded_at": now(),
            "late_policy": self._policy.to_json(),
            "checks": _all_checks(self._checks, entries),
            "submissions": entries,
            **self._extra,
        }

    def graded(self) -> list[dict[str, Any]]:
        """Return the results of this batch alone."""
        return [one for one in self.results()["submissions"] if one["run"] == self._run]


def _all_checks(
    checks: list[dict[str, Any]], entries: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the course's checks, then those that only former results know."""
    known = {check["id"]: check for check in checks}
    for entry in entries:
        for check in entry["verdict"]["checks"]:
            kept = {key: check[key] for key in ("id", "part", "points")}
            known.setdefault(check["id"], kept)
    return list(known.values())


def begin(folder: ResultsFolder, order: Mapping[str, Any], *, is_resumed: bool) -> str:
    """Return the name of the batch: a new one, or that which was stopped.

    Args:
        folder: Where the results are kept.
        order: How submissions are graded, in its JSON form.
        is_resumed: Whether the last batch goes on.

    Raises:
        BatchError: It cannot go on, as it was told otherwise.
    """
    last = folder.read_run()
    if is_resumed and last is not None:
        if last["order"] != order:
            other = sorted(_differing(last["order"], order))
            happened = f"It was begun with another {', '.join(other)}"
            hint = "give the same options as then; or grade all anew, without --resume."
            raise BatchError("go on with the batch", happened, hint)
        return str(last["run"])
    run = now()
    folder.write_run({"format": 1, "run": run, "order": dict(order)})
    return run


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> set[str]:
    return {key for key in {*one, *other} if one.get(key) != other.get(key)}

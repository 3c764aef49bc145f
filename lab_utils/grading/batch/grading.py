"""Grading a batch: submissions go to the workers, results come back into the book."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lab_utils.grading.batch.book import Book
from lab_utils.grading.batch.cluster import Ended, Workers
from lab_utils.grading.batch.collected import Task
from lab_utils.grading.batch.entries import LOST, UNGRADED, UNREADABLE, Entry, ending, now
from lab_utils.grading.batch.progress import Progress
from lab_utils.grading.batch.shown import printable
from lab_utils.grading.batch.work import Grade, answer
from lab_utils.grading.schemas import SchemaError, validate
from lab_utils.grading.submissions import Submission, SubmissionError, read_submission
from lab_utils.grading.submissions.submission import NOTHING
from lab_utils.grading.verification.collected import unreached
from lab_utils.grading.verification.order import Order

_LOOK_S = 1.0
_LONGEST_REASON = 600


@dataclass(frozen=True)
class Sent:
    """A submission that a worker has.

    Attributes:
        task: What was sent.
        entry: Its entry, but for the verdict.
        is_alone: Whether no other one is graded meanwhile.
    """

    task: Task
    entry: Entry
    is_alone: bool


class Grading:
    """One pass over the submissions.

    Args:
        book: Takes the results.
        order: How to grade.
        grade: What a worker does.
        progress: Says what happens.
    """

    def __init__(self, book: Book, order: Order, grade: Grade, progress: Progress) -> None:
        self._book, self._order, self._grade = book, order, grade
        self._progress = progress
        self._sent: dict[str, Sent] = {}
        self._suspects: deque[Task] = deque()
        self._slots = 1

    def left(self, tasks: list[Task]) -> list[Task]:
        """Return the submissions that this batch has no result of yet; the others are kept."""
        return [task for task in tasks if not self._keep(task)]

    def _keep(self, task: Task) -> bool:
        try:
            submission = read_submission(task.paths, task.student)
        except SubmissionError:
            return False
        kept = self._book.kept(task.student, sha256_of(submission.pack()))
        if kept is None:
            return False
        self._book.keep(replace(kept, handed=task.handed, remarks=task.remarks))
        return True

    def run(self, tasks: list[Task], workers: Workers) -> None:
        """Grade submissions, each once.

        Args:
            tasks: The submissions.
            workers: Who grades them.

        Raises:
            BatchError: The workers are gone for good, or the results cannot be written.
        """
        self._pass(deque(tasks), workers)
        # A worker that died may have held two: who of them did it shows when each is alone.
        while self._suspects:
            self._pass(deque([self._suspects.popleft()]), workers, is_alone=True)

    def _pass(self, waiting: deque[Task], workers: Workers, *, is_alone: bool = False) -> None:
        self._slots = workers.slots()
        while waiting or self._sent:
            self._fill(waiting, workers, is_alone)
            self._progress.show(self._slots)
            ended = workers.wait(_LOOK_S) if self._sent or self._slots == 0 else None
            if ended is not None:
                self._settle(ended)
            else:
                self._count(workers)

    def _fill(self, waiting: deque[Task], workers: Workers, is_alone: bool) -> None:
        """Hand out as many as there are free workers."""
        while waiting and len(self._sent) < self._slots:
            task = waiting.popleft()
            if packed := self._packed(task):
                key = f"grade-{uuid.uuid4().hex}"
                entry, content = packed
                self._sent[key] = Sent(task, entry, is_alone)
                self._progress.began(task.student)
                workers.start(key, answer, self._grade, content, self._order.to_json())

    def _count(self, workers: Workers) -> None:
        """Look how many workers there are: a scheduler's may come and go."""
        slots = workers.slots()
        if slots == 0 and self._slots > 0:
            self._progress.say(
                "No worker is left; waiting for one (Ctrl-C stops, --resume goes on)."
            )
        self._slots = slots

    def _packed(self, task: Task) -> tuple[Entry, bytes] | None:
        """Return a submission as it is sent; one that cannot be read has its result at once."""
        try:
            submission = read_submission(task.paths, task.student)
        except SubmissionError as error:
            reason = printable(error.happened, _LONGEST_REASON)
            self._record(_entry(task, self._book.run, None), UNREADABLE, reason)
            return None
        content = submission.pack()
        if submission.form == NOTHING:
            entry = _entry(task, self._book.run, submission, sha256_of(content))
            said = ("Nothing of the practical is in it.", *submission.remarks)
            self._record(entry, UNREADABLE, printable(" ".join(said), _LONGEST_REASON))
            return None
        return _entry(task, self._book.run, submission, sha256_of(content)), content

    def _settle(self, ended: Ended) -> None:
        sent = self._sent.pop(ended.key)
        entry = sent.entry
        if ended.is_lost and not sent.is_alone:
            self._suspects.append(sent.task)
            return
        if ended.answer is None:
            status = LOST if ended.is_lost else UNGRADED
            self._record(entry, status, printable(ended.reason, _LONGEST_REASON))
            return
        try:
            told = json.loads(ended.answer)
            validate("answer", told)
        except (ValueError, SchemaError) as error:
            happened = error.happened if isinstance(error, SchemaError) else str(error)
            reason = f"The worker's answer is no result: {printable(happened)}"
            self._record(entry, UNGRADED, reason)
            return
        self._write(entry, told["verdict"], told["ending"])

    def _record(self, entry: Entry, status: str, reason: str) -> None:
        """Write down that a submission was not graded, and why: no check was reached."""
        verdict = unreached(reason, self._order).to_json()
        self._write(entry, verdict, ending(status, reason))

    def _write(self, entry: Entry, verdict: Mapping[str, Any], told: Mapping[str, Any]) -> None:
        whole = replace(entry, verdict=verdict, ending=told, graded_at=now())
        if self._book.record(whole) is None:
            return
        points = f"{verdict['earned']} of {verdict['points']}"
        why = "" if told["status"] == "done" else f" ({told['status']}: {told['reason']})"
        self._progress.ended(
            entry.student, points + why, self._slots, was_graded=told["status"] != UNREADABLE
        )


def _entry(task: Task, run: str, submission: Submission | None, sha256: str = "") -> Entry:
    """Return the entry of a submission, without its verdict."""
    return Entry(
        student=task.student,
        source=task.source,
        form=submission.form if submission else "",
        handed=task.handed,
        verdict={},
        ending={},
        sha256=sha256,
        graded_at="",
        run=run,
        remarks=task.remarks,  # what is to be said of its files, the verdict says
    )


def sha256_of(content: bytes) -> str:
    """Return the SHA-256 of a packed submission, in hex."""
    return hashlib.sha256(content).hexdigest()

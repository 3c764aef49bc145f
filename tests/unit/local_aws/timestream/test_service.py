"""The writer's thread, with the real store behind it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, wait
from pathlib import Path

import pytest

from lab_utils.local_aws.clock import LabClock
from lab_utils.local_aws.place import Place
from lab_utils.local_aws.state.health import SavingHealth
from lab_utils.local_aws.timestream import databases, tables, writer
from lab_utils.local_aws.timestream.errors import (
    InternalServerException,
    RejectedRecordsException,
    ResourceNotFoundException,
    ThrottlingException,
)
from lab_utils.local_aws.timestream.records import Record
from lab_utils.local_aws.timestream.service import STORE_FILE, Timestream
from lab_utils.local_aws.timestream.submissions import Ingested

PLACE = Place("123456789012", "eu-west-1")
FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from tests.unit.local_aws.timestream.test_service import *
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
folder, health = Path(sys.argv[1]), SavingHealth()
timestream = started(folder, health)
limit = (folder / STORE_FILE).stat().st_size + 200_000
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
stored = 0
for begin in range(0, 10_000_000, 1000):
    error = send(timestream, begin, 1000).exception(10)
    if error is not None:
        break
    stored += 1000
assert isinstance(error, InternalServerException), error
assert not health.to_json()["is_saved"], health.to_json()
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert send(timestream, 20_000_000, 1).result(10) == Ingested(1, 0)
assert health.to_json()["is_saved"]
timestream.close()
again = Timestream(folder, LabClock(1), SavingHealth())
assert count(again) == stored + 1, (count(again), stored)
again.close()
"""


def started(folder: Path, health: SavingHealth) -> Timestream:
    """Return a Timestream with the table ``readings`` of the database ``house``."""
    timestream = Timestream(folder, LabClock(1), health)
    timestream._writer.call(lambda: _create(timestream)).result(10)
    return timestream


def _create(timestream: Timestream) -> None:
    backend = timestream._backend
    backend.open()
    databases.create_database(backend, PLACE, {"DatabaseName": "house"})
    names = {"DatabaseName": "house", "TableName": "readings"}
    tables.create_table(backend, PLACE, names)


def records(begin: int, count: int) -> list[Record]:
    """Return records that differ in their dimension."""
    now_ns = time.time_ns()
    return [
        Record((("n", f"{n:040}"),), "m", "DOUBLE", float(n), now_ns)
        for n in range(begin, begin + count)
    ]


def send(timestream: Timestream, begin: int, count: int = 1) -> Future[Ingested]:
    """Submit records as a rule does."""
    return timestream.submit(PLACE, "house", "readings", records(begin, count))


def count(timestream: Timestream) -> int:
    """Return how many records are stored."""

    def read() -> int:
        backend = timestream._backend
        backend.open()
        return int(backend.store.run('SELECT count(*) FROM "table_1"')[0][0])

    return timestream._writer.call(read).result(10)


@pytest.fixture
def health() -> SavingHealth:
    return SavingHealth()


@pytest.fixture
def timestream(tmp_path: Path, health: SavingHealth) -> Iterator[Timestream]:
    made = started(tmp_path, health)
    yield made
    made.close()


def test_submissions_are_stored_together_and_all_are_told(timestream: Timestream) -> None:
    futures = [send(timestream, n) for n in range(500)]
    assert all(future.result(10) == Ingested(1, 0) for future in futures)
    assert count(timestream) == 500


def test_a_submission_fails_alone(timestream: Timestream) -> None:
    missing = timestream.submit(PLACE, "house", "nowhere", records(0, 1))
    bad = timestream.submit(PLACE, "house", "readings", [Record((), "ts_", "DOUBLE", 1.0, 0)])
    good = send(timestream, 1)
    assert isinstance(missing.exception(10), ResourceNotFoundException)
    assert isinstance(bad.exception(10), RejectedRecordsException)
    assert good.result(10) == Ingested(1, 0)


def test_what_is_asked_for_after_a_submission_comes_after_it(timestream: Timestream) -> None:
    send(timestream, 0, 1000)
    assert count(timestream) == 1000


def test_many_threads_may_submit(timestream: Timestream) -> None:
    futures: list[Future[Ingested]] = []

    def work(begin: int) -> None:
        futures.extend(send(timestream, begin + n * 10, 10) for n in range(50))

    threads = [threading.Thread(target=work, args=(n * 1000,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wait(futures, 20).not_done
    assert count(timestream) == 2000


def test_more_than_memory_should_hold_is_refused_at_once(timestream: Timestream) -> None:
    release = threading.Event()
    timestream._writer.call(release.wait)
    waiting = [send(timestream, n * 10_000, 10_000) for n in range(20)]
    refused = send(timestream, 10_000_000)
    assert isinstance(refused.exception(0), ThrottlingException)
    release.set()
    assert all(future.result(60) for future in waiting)
    assert send(timestream, 10_000_001).result(10) == Ingested(1, 0)


def test_a_cancelled_call_is_not_made(timestream: Timestream) -> None:
    release = threading.Event()
    timestream._writer.call(release.wait)
    cancelled = send(timestream, 0)
    assert cancelled.cancel()
    release.set()
    assert count(timestream) == 0


def test_closing_stores_what_waits(tmp_path: Path, health: SavingHealth) -> None:
    timestream = started(tmp_path, health)
    future = send(timestream, 0, 100)
    timestream.close()
    assert future.result(0) == Ingested(100, 0)
    again = Timestream(tmp_path, LabClock(1), health)
    assert count(again) == 100
    again.close()


def test_an_unwritable_folder_is_told_and_reported_until_it_is_writable(
    tmp_path: Path, health: SavingHealth
) -> None:
    folder = tmp_path / "missing"
    timestream = Timestream(folder, LabClock(1), health)
    assert isinstance(send(timestream, 0).exception(10), InternalServerException)
    assert list(health.to_json()["not_saved"]) == [writer.HEALTH_NAME]
    folder.mkdir()
    timestream._writer.call(lambda: _create(timestream)).result(10)
    assert send(timestream, 0).result(10) == Ingested(1, 0)
    assert health.to_json()["is_saved"]
    timestream.close()


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are POSIX's")
def test_a_full_disk_is_told_and_loses_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, timeout=90
    )
    assert done.returncode == 0, done.stderr


def test_a_damaged_file_is_reported_at_the_start(tmp_path: Path, health: SavingHealth) -> None:
    (tmp_path / STORE_FILE).write_bytes(b"no database" * 1000)
    timestream = Timestream(tmp_path, LabClock(1), health)
    timestream.start()
    timestream._writer.call(lambda: None).result(10)
    assert [STORE_FILE in report for report in health.to_json()["damaged"]] == [True]
    timestream.close()


def test_a_failure_nobody_thought_of_is_told_and_the_thread_goes_on(
    timestream: Timestream,
) -> None:
    def fail() -> None:
        raise RuntimeError("unforeseen")

    error = timestream._writer.call(fail).exception(10)
    assert isinstance(error, InternalServerException)
    assert "unforeseen" in error.message
    assert send(timestream, 0).result(10) == Ingested(1, 0)

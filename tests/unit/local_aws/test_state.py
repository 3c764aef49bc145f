"""State on disk: checked files, the journal of items, the saver."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lab_utils.local_aws.state import files
from lab_utils.local_aws.state.changes import changes_resources
from lab_utils.local_aws.state.health import SavingHealth
from lab_utils.local_aws.state.items import Item, ItemJournal, Key, load_items
from lab_utils.local_aws.state.saver import StateSaver, load_sources

A: Key = ("table", "a", "__no_sort__")
B: Key = ("table", "b", "__no_sort__")


@dataclass
class MemorySource:
    name: str = "iam"
    value: bytes = b"{}"
    reads: int = 0
    errors: list[Exception] = field(default_factory=list)

    def read(self) -> bytes:
        self.reads += 1
        if self.errors:
            raise self.errors.pop()
        return self.value

    def load(self, payload: bytes) -> None:
        if payload == b"wrong":
            raise KeyError("roles")
        self.value = payload


def stored(path: Path, *tables: str) -> dict[Key, Item]:
    journal = ItemJournal(path)
    try:
        return dict(journal.load(set(tables or ("table",))))
    finally:
        journal.close()


def test_a_state_file_gives_back_what_was_written(tmp_path: Path) -> None:
    files.write_state(tmp_path / "iam.state", b"line\nline\n")
    assert files.read_state(tmp_path / "iam.state") == b"line\nline\n"


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (lambda content: content[:-1], "bytes of"),
        (lambda content: content[:-1] + b"X", "not what was written"),
        (lambda content: content[:0], "header"),
        (lambda content: content.replace(b'"format": 1', b'"format": 9'), "format is 9"),
        (lambda content: b"[]\n" + content, "header"),
    ],
)
def test_a_state_file_that_changed_is_recognised(
    tmp_path: Path, harm: Callable[[bytes], bytes], reason: str
) -> None:
    path = tmp_path / "iam.state"
    files.write_state(path, b"payload")
    path.write_bytes(harm(path.read_bytes()))
    with pytest.raises(files.DamagedStateError, match=reason):
        files.read_state(path)


def test_a_damaged_file_is_set_aside_by_name_and_the_others_are_loaded(tmp_path: Path) -> None:
    sources = {name: MemorySource(name) for name in ("iam", "iot", "events")}
    files.write_state(tmp_path / "iam.state", b"roles")
    files.write_state(tmp_path / "iot.state", b"things")
    files.write_state(tmp_path / "events.state", b"wrong")
    files.write_state(tmp_path / "unknown.state", b"?")
    (tmp_path / "iot.state").write_bytes(b"half")
    (tmp_path / "iam.state.99.tmp").write_bytes(b"cut short")
    health = SavingHealth()
    load_sources(tmp_path, sources.get, health)
    assert sources["iam"].value == b"roles"
    assert sources["iot"].value == b"{}"
    reports = " ".join(health.to_json()["damaged"])
    for name in ("iot.state", "events.state", "unknown.state"):
        assert name in reports
    kept = {path.name.partition(".damaged-")[0] for path in tmp_path.iterdir()}
    assert kept == {"iam.state", "iot.state", "events.state", "unknown.state"}


def test_the_journal_holds_the_last_word_on_each_item(tmp_path: Path) -> None:
    journal = ItemJournal(tmp_path / "items")
    journal.put(A, {"n": {"N": "1"}})
    journal.put(A, {"n": {"N": "2"}})
    journal.put(B, {"n": {"N": "3"}})
    assert journal.flush() == 2
    journal.delete(B)
    assert journal.flush() == 1
    assert journal.flush() == 0
    journal.close()
    assert stored(tmp_path / "items") == {A: {"n": {"N": "2"}}}


def test_a_table_replaced_as_a_whole_keeps_nothing_of_before(tmp_path: Path) -> None:
    journal = ItemJournal(tmp_path / "items")
    journal.put(A, {"n": {"N": "1"}})
    journal.flush()
    journal.put(A, {"n": {"N": "2"}})
    journal.replace_table("table", [(B, {"n": {"N": "3"}})])
    journal.flush()
    journal.close()
    assert stored(tmp_path / "items") == {B: {"n": {"N": "3"}}}


def test_items_of_a_table_that_is_gone_are_dropped(tmp_path: Path) -> None:
    journal = ItemJournal(tmp_path / "items")
    journal.put(A, {})
    journal.put(("other", "a", "s"), {})
    journal.flush()
    journal.close()
    assert set(stored(tmp_path / "items", "other")) == {("other", "a", "s")}
    assert stored(tmp_path / "items", "table", "other") == {("other", "a", "s"): {}}


def test_what_could_not_be_written_is_written_later_and_newer_changes_win(tmp_path: Path) -> None:
    path = tmp_path / "items"
    path.mkdir()
    journal = ItemJournal(path)
    journal.put(A, {"n": {"N": "1"}})
    journal.put(B, {"n": {"N": "1"}})
    with pytest.raises(sqlite3.Error):
        journal.flush()
    journal.put(A, {"n": {"N": "2"}})
    path.rmdir()
    assert journal.flush() == 2
    journal.close()
    assert stored(path) == {A: {"n": {"N": "2"}}, B: {"n": {"N": "1"}}}


def test_a_damaged_journal_is_set_aside_and_what_could_be_read_is_written_anew(
    tmp_path: Path,
) -> None:
    path = tmp_path / "items"
    path.write_bytes(b"this is no database, and never was one" * 100)
    journal, found = ItemJournal(path), dict[Key, Item]()
    report = load_items(journal, {"table"}, found.__setitem__)
    assert report is not None
    assert "items was damaged" in report
    assert list(tmp_path.glob("items.damaged-*"))
    journal.put(A, {})
    journal.flush()
    journal.close()
    assert set(stored(path)) == {A}


def make_saver(folder: Path, *sources: MemorySource) -> tuple[StateSaver, SavingHealth]:
    health = SavingHealth()
    return StateSaver(folder, lambda: sources, ItemJournal(folder / "items"), health), health


def test_save_now_returns_once_the_state_is_on_disk(tmp_path: Path) -> None:
    source = MemorySource(value=b"roles")
    saver, _ = make_saver(tmp_path, source)

    async def save() -> bytes:
        await saver.save_now("iam")
        return files.read_state(tmp_path / "iam.state")

    assert asyncio.run(save()) == b"roles"
    saver.close()


def test_many_changes_at_once_share_a_save(tmp_path: Path) -> None:
    source = MemorySource()
    saver, _ = make_saver(tmp_path, source)

    async def save() -> None:
        await asyncio.gather(*(saver.save_now("iam") for _ in range(50)))

    asyncio.run(save())
    assert 1 <= source.reads < 50
    saver.close()


def test_a_state_that_did_not_change_is_not_written_again(tmp_path: Path) -> None:
    source = MemorySource()
    saver, _ = make_saver(tmp_path, source)
    asyncio.run(saver.save_now("iam"))
    (tmp_path / "iam.state").unlink()
    asyncio.run(saver.save_now("iam"))
    assert not (tmp_path / "iam.state").exists()
    source.value = b"changed"
    saver.close()
    assert files.read_state(tmp_path / "iam.state") == b"changed"


def test_a_state_that_changes_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    source = MemorySource(errors=[RuntimeError("dictionary changed size during iteration")])
    saver, health = make_saver(tmp_path, source)
    saver.close()
    assert source.reads == 2
    assert health.to_json()["is_saved"]


def test_one_part_that_cannot_be_saved_is_named_and_the_others_are(tmp_path: Path) -> None:
    broken = MemorySource("iot", errors=[TypeError("a socket is not JSON serializable")])
    saver, health = make_saver(tmp_path, broken, MemorySource("iam"))
    saver.close()
    assert list(health.to_json()["not_saved"]) == ["iot"]
    assert (tmp_path / "iam.state").exists()


def test_saving_resumes_once_the_folder_can_be_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "missing"
    saver, health = make_saver(folder, MemorySource())
    for _ in range(3):
        asyncio.run(saver.save_now("iam"))
    assert "iam" in health.to_json()["not_saved"]
    assert len(caplog.records) == 1, "the log says it once"
    folder.mkdir()
    asyncio.run(saver.save_now("iam"))
    assert health.to_json()["is_saved"]
    assert "saved again" in caplog.text
    saver.close()


def request(service: str, method: str, path: str = "/", **headers: str) -> dict[str, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"service": service, "method": method, "path": path, "headers": named}


@pytest.mark.parametrize(
    ("given", "body", "expected"),
    [
        (request("iot", "POST", "/things/a"), b"", True),
        (request("iot", "GET", "/things/a"), b"", False),
        (request("iot", "DELETE", "/things/a"), b"", True),
        (request("iot-data", "POST", "/topics/a"), b"", False),
        (request("dynamodb", "POST", x_amz_target="DynamoDB_20120810.CreateTable"), b"", True),
        (request("dynamodb", "POST", x_amz_target="DynamoDB_20120810.PutItem"), b"", False),
        (request("dynamodb", "POST", x_amz_target="DynamoDB_20120810.Scan"), b"", False),
        (request("dynamodb", "POST", x_amz_target="DynamoDB_20120810.BatchGetItem"), b"", False),
        (request("logs", "POST", x_amz_target="Logs_20140328.CreateLogGroup"), b"", True),
        (request("logs", "POST", x_amz_target="Logs_20140328.PutLogEvents"), b"", False),
        (request("lambda", "POST", "/2015-03-31/functions"), b"", True),
        (request("lambda", "POST", "/2015-03-31/functions/f/invocations"), b"", False),
        (
            request("iam", "POST", content_type="application/x-www-form-urlencoded"),
            b"Action=CreateRole&RoleName=r",
            True,
        ),
        (
            request("iam", "POST", content_type="application/x-www-form-urlencoded; charset=utf-8"),
            b"Action=GetRole&RoleName=r",
            False,
        ),
    ],
)
def test_only_changes_of_resources_wait_for_the_disk(
    given: dict[str, Any], body: bytes, expected: bool
) -> None:
    assert changes_resources(**given, body=body) is expected

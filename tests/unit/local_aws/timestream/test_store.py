from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab_utils.local_aws.timestream.store import QueryInterruptedError, Store, StoreError

ENDLESS = "SELECT count(*) FROM range(100000000000) a(x) WHERE x % 7 = 3"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An open store with a table of three rows."""
    made = Store(tmp_path / "store.duckdb")
    assert made.open() is None
    made.run("CREATE TABLE t AS SELECT range AS n FROM range(3)")
    yield made
    made.close()


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    def write_half() -> None:
        with store.transaction():
            store.run("INSERT INTO t VALUES (9)")
            store.run("INSERT INTO nowhere VALUES (1)")

    with pytest.raises(StoreError, match="Table with name nowhere"):
        write_half()
    with store.transaction():
        store.run("INSERT INTO t VALUES (10)")
    assert store.run("SELECT max(n), count(*) FROM t") == [(10, 4)]


def test_a_query_is_read_in_steps_and_sees_what_was_committed_before(store: Store) -> None:
    cursor = store.open_query("SELECT n, n::DOUBLE AS d FROM t ORDER BY n")
    assert cursor.columns == [("n", "BIGINT"), ("d", "DOUBLE")]
    store.run("INSERT INTO t VALUES (9)")
    assert cursor.fetch(2) == [(0, 0.0), (1, 1.0)]
    assert cursor.fetch(2) == [(2, 2.0)]
    assert cursor.fetch(2) == []
    cursor.close()


def test_a_query_can_be_interrupted(store: Store) -> None:
    cursor = store.open_query(ENDLESS)
    caught: list[BaseException] = []

    def wait() -> None:
        try:
            cursor.fetch(1)
        except StoreError as error:
            caught.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    cursor.interrupt()
    waiting.join(20)
    assert isinstance(caught[0], QueryInterruptedError)
    cursor.close()


def test_closing_a_store_ends_a_query_that_runs(store: Store) -> None:
    cursor = store.open_query(ENDLESS)

    def wait() -> None:
        with pytest.raises(StoreError):
            cursor.fetch(1)

    waiting = threading.Thread(target=wait)
    waiting.start()
    store.close()
    waiting.join(20)
    assert not waiting.is_alive()


def test_an_interrupted_query_never_begins(store: Store) -> None:
    cursor = store.open_query(ENDLESS)
    cursor.interrupt()
    with pytest.raises(QueryInterruptedError):
        cursor.fetch(1)
    cursor.close()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/*')",
        "COPY t TO 'out.csv'",
        "ATTACH 'other.db'",
        "INSTALL httpfs",
        "SELECT * FROM 'https://example.com/data.parquet'",
        "SET enable_external_access = true",
        "SET memory_limit = '90GB'",
        "RESET lock_configuration",
        "EXPORT DATABASE 'out'",
        "SELECT * FROM threading",
    ],
)
def test_sql_reaches_nothing_of_the_machine(store: Store, sql: str) -> None:
    cursor = store.open_query(sql)
    with pytest.raises(StoreError):
        cursor.fetch(1)
    cursor.close()


def test_the_file_is_for_its_owner_alone(store: Store) -> None:
    assert store.path.stat().st_mode & 0o077 == 0


def scribble(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def flip_headers(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for begin in (4096, 8192):
        content[begin : begin + 64] = bytes(64)
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [scribble, cut, flip_headers])
def test_a_damaged_file_is_set_aside(store: Store, damage: Callable[[Path], None]) -> None:
    store.close()
    damage(store.path)
    report = store.open()
    assert report is not None
    assert "store.duckdb was damaged" in report
    assert len(list(store.path.parent.glob("store.duckdb.damaged-*"))) == 1
    assert store.run("SELECT 1") == [(1,)]
    store.close()
    assert store.open() is None


def test_a_file_that_a_kill_left_empty_is_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    path.touch()
    store = Store(path)
    assert store.open() is None
    store.close()


def test_a_file_that_cannot_be_opened_is_not_damaged(store: Store) -> None:
    other = Store(store.path.parent / "missing" / "store.duckdb")
    with pytest.raises(StoreError):
        other.open()
    assert list(store.path.parent.glob("*damaged*")) == []


def test_closing_ends_the_queries_that_still_read(store: Store) -> None:
    cursor = store.open_query("SELECT * FROM t")
    cursor.fetch(1)
    store.close()
    with pytest.raises(StoreError):
        cursor.fetch(1)
    with pytest.raises(StoreError):
        store.open_query("SELECT 1")
    with pytest.raises(StoreError):
        store.run("SELECT 1")

"""The DuckDB file that holds every table: the only module that knows DuckDB."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol
from weakref import WeakSet

import duckdb
import numpy as np

from lab_utils.local_aws.state.files import set_aside

Arrays = Mapping[str, "np.ndarray[Any, Any]"]
BATCH = "batch"
"""The relation that the arrays given to :meth:`Store.run` are."""
SPILL_FOLDER = "timestream-spill"

_MEMORY, _SPILL = "1GB", "4GB"
_MOST_THREADS = 4
_INTERRUPT_AGAIN_S = 0.1
_NOT_DAMAGE = (
    "Could not set lock",
    "Cannot open file",
    "Could not write",
    "Could not sync",
    "No space left",
    "Out of Memory",
)
_UNUSABLE = (duckdb.FatalException, duckdb.InternalException)


class StoreError(Exception):
    """DuckDB could not do what it was asked to.

    Attributes:
        message: Its own words.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class QueryInterruptedError(StoreError):
    """A query that :meth:`QueryCursor.interrupt` ended."""


class ScalarFunction(Protocol):
    """A function in Python that SQL may call.

    Attributes:
        name: Its name in DuckDB.
        function: The function; DuckDB calls it with one row's arguments, none of them missing.
        parameters: DuckDB types.
        returns: DuckDB type.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - described above
    @property
    def function(self) -> Callable[..., object]: ...  # noqa: D102
    @property
    def parameters(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def returns(self) -> str: ...  # noqa: D102


class QueryCursor:
    """One query's result, read in steps; it sees what was committed when it began.

    The query runs when its columns or rows are first asked for. Any thread may call any method;
    one that waits for rows makes the others wait, but :meth:`interrupt`.

    Args:
        connection: A connection of its own.
        sql: What to run.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, sql: str) -> None:
        self._connection = connection
        self._sql = sql
        self._in_use = threading.Lock()
        self._has_run = False
        self._is_interrupted = False

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Name and DuckDB type of each column.

        Raises:
            StoreError: The query fails.
        """
        with self._in_use, _store_errors():
            self._run()
            return [(str(c[0]), str(c[1])) for c in self._connection.description or ()]

    def fetch(self, count: int) -> list[tuple[Any, ...]]:
        """Return the next rows, at most ``count``; none at the end.

        Raises:
            StoreError: The query fails.
        """
        with self._in_use, _store_errors():
            self._run()
            return self._connection.fetchmany(count)

    def interrupt(self) -> None:
        """End the query from any thread; whoever waits for it gets QueryInterruptedError."""
        self._is_interrupted = True
        self._interrupt_until_idle()

    def close(self) -> None:
        """End the query, and give up what it holds."""
        self.interrupt()
        with self._in_use:
            self._connection.close()

    def _interrupt_until_idle(self) -> None:
        """DuckDB forgets an interruption that comes just before a query begins."""
        with suppress(duckdb.Error):
            self._connection.interrupt()
        if self._in_use.locked():
            again = threading.Timer(_INTERRUPT_AGAIN_S, self._interrupt_until_idle)
            again.daemon = True
            again.start()

    def _run(self) -> None:
        if self._is_interrupted:
            raise QueryInterruptedError("the query was interrupted")
        if not self._has_run:
            self._has_run = True
            self._connection.execute(self._sql)


class Store:
    """The file. One thread writes; queries run on connections of their own.

    Args:
        path: The file; it is made if it is not there.
        scalars: Functions that queries may call.
        macros: ``CREATE OR REPLACE MACRO`` statements, for queries as well.
    """

    def __init__(
        self, path: Path, scalars: Sequence[ScalarFunction] = (), macros: Sequence[str] = ()
    ) -> None:
        self.path = path
        self._scalars = scalars
        self._macros = macros
        self._root: duckdb.DuckDBPyConnection | None = None
        self._writer: duckdb.DuckDBPyConnection | None = None
        self._cursors: WeakSet[QueryCursor] = WeakSet()
        self._guard = threading.Lock()

    def open(self) -> str | None:
        """Open the file; return what was damaged and so set aside.

        Raises:
            StoreError: The file cannot be opened, though it may be sound.
        """
        self.close()
        try:
            return self._connect_or_set_aside()
        except OSError as error:
            raise StoreError(f"{self.path.name}: {error}") from error

    def start_anew(self, error: StoreError) -> str:
        """Set aside a file whose content cannot be read; return the report.

        Raises:
            StoreError: The file may be sound: it was another error.
        """
        self.close()
        if any(text in error.message for text in _NOT_DAMAGE):
            raise error
        report = set_aside(self.path, error)
        _wal_of(self.path).unlink(missing_ok=True)
        self.open()
        return report

    def close(self) -> None:
        """Close the file, and every query that still reads it."""
        with self._guard:
            cursors, root, writer = list(self._cursors), self._root, self._writer
            self._root = self._writer = None
        for cursor in cursors:
            cursor.close()
        for connection in (writer, root):
            if connection is not None:
                with suppress(duckdb.Error):
                    connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep what the block writes, all of it on disk or none of it.

        Raises:
            StoreError: The block or the commit failed.
        """
        self.run("BEGIN")
        try:
            yield
            self.run("COMMIT")
        except BaseException:
            self._roll_back()
            raise

    def run(
        self, sql: str, parameters: Sequence[object] = (), arrays: Arrays | None = None
    ) -> list[tuple[Any, ...]]:
        """Run a statement of the writing thread, and return its rows.

        Args:
            sql: One statement.
            parameters: Values for its question marks.
            arrays: Columns of equal length, which the statement reads as :data:`BATCH`.

        Raises:
            StoreError: The statement fails.
        """
        writer = self._writer
        if writer is None:
            raise StoreError("the store is not open")
        with self._closing_if_unusable(), _store_errors():
            if arrays is None:
                return writer.execute(sql, list(parameters)).fetchall()
            writer.register(BATCH, dict(arrays))
            try:
                return writer.execute(sql, list(parameters)).fetchall()
            finally:
                writer.unregister(BATCH)

    def open_query(self, sql: str) -> QueryCursor:
        """Return a cursor over one query; its SQL may come from translated user input.

        Raises:
            StoreError: The store is not open.
        """
        with self._guard, _store_errors():
            if self._root is None:
                raise StoreError("the store is not open")
            cursor = QueryCursor(self._root.cursor(), sql)
            self._cursors.add(cursor)
        return cursor

    @property
    def is_open(self) -> bool:
        """Whether the file is open."""
        return self._writer is not None

    def _connect_or_set_aside(self) -> str | None:
        report = None
        if self.path.exists() and self.path.stat().st_size == 0:
            self.path.unlink()  # a kill before the first block was written
        for damaged in (_wal_of(self.path), self.path, None):
            try:
                self._connect()
                break
            except duckdb.Error as error:
                self._check_damage(error)
                if damaged is None:
                    raise StoreError(str(error)) from error
                if damaged.exists():
                    report = set_aside(damaged, error)
        return report

    def _connect(self) -> None:
        root = duckdb.connect(str(self.path), config=_bounds(self.path.parent))
        try:
            self.path.chmod(0o600)
            self._set_up(root)
            self._root, self._writer = root, root.cursor()
        except (OSError, StoreError, duckdb.Error):
            root.close()
            raise

    def _set_up(self, root: duckdb.DuckDBPyConnection) -> None:
        """Lock the file in, and define the functions; that this fails is not the file's fault."""
        with _store_errors():
            for scalar in self._scalars:
                types: list[Any] = list(scalar.parameters)
                root.create_function(scalar.name, scalar.function, types, scalar.returns)
            for statement in (*_LOCKS, "BEGIN", *self._macros, "COMMIT"):
                root.execute(statement)

    def _check_damage(self, error: duckdb.Error) -> None:
        """Return if the file itself is to blame."""
        if self.path.exists():
            with self.path.open("r+b"):
                pass
        if any(text in str(error) for text in _NOT_DAMAGE):
            raise StoreError(str(error)) from error

    def _roll_back(self) -> None:
        # A failed commit has already ended the transaction, and so has a fatal error.
        with suppress(StoreError):
            self.run("ROLLBACK")

    @contextmanager
    def _closing_if_unusable(self) -> Iterator[None]:
        """After a fatal error DuckDB refuses everything until the file is opened again."""
        try:
            yield
        except StoreError as error:
            if isinstance(error.__cause__, _UNUSABLE):
                self.close()
            raise


@contextmanager
def _store_errors() -> Iterator[None]:
    try:
        yield
    except duckdb.InterruptException as error:
        raise QueryInterruptedError(str(error)) from error
    except duckdb.Error as error:
        raise StoreError(str(error)) from error


def _wal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")


def _bounds(folder: Path) -> dict[str, Any]:
    return {
        "memory_limit": _MEMORY,
        "threads": min(_MOST_THREADS, os.cpu_count() or 1),
        "temp_directory": str(folder / SPILL_FOLDER),
        "max_temp_directory_size": _SPILL,
        # Columns of Python strings are text, whatever they look like.
        "pandas_analyze_sample": 0,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }


_LOCKS = ("SET enable_external_access = false", "SET lock_configuration = true")
"""Nothing of the machine is within the reach of any SQL, and no SQL can change that."""

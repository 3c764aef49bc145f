"""The gradebook's database: opened, made where there is none, and its errors in words."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbgrader
from alembic.script import ScriptDirectory
from nbgrader.api import Base, Gradebook, InvalidEntry
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from lab_utils.errors import LabError

_FORMS = "sqlite:///FILE.db or postgresql://USER:PASSWORD@HOST/DATABASE"
_VERSION_TABLE = "alembic_version"
_NBGRADERS_OWN = "submitted_assignment"
"""A table that no other program has."""


class GradebookError(LabError):
    """The gradebook cannot be found, opened or written."""


def safe_url(url: str) -> str:
    """Return a database's URL as it may be shown: without its password."""
    return _parsed(url).render_as_string(hide_password=True)


@contextmanager
def open_gradebook(url: str, course: str) -> Iterator[Gradebook]:
    """Open a gradebook, which is made first where there is none.

    Args:
        url: SQLAlchemy's URL of the database.
        course: The course's id in it.

    Raises:
        GradebookError: There is no such database, it cannot be reached or written, it is of
            another version of nbgrader, or its driver is missing; also for what happens inside.
    """
    parsed = _parsed(url)
    try:
        with _quiet(), _engine(parsed) as engine:
            _prepare(engine, parsed)
            with Gradebook(parsed, course) as gradebook:
                yield gradebook
    except (SQLAlchemyError, InvalidEntry) as error:
        raise _error(parsed, _words(error), _next_step(error)) from error


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError) as error:  # the latter for a port that is no number
        # The text may be a path, or hold a password: it is not repeated.
        raise GradebookError(
            "find the gradebook", "What was given is no database's URL.", f"write it as {_FORMS}."
        ) from error


@contextmanager
def _engine(url: URL) -> Iterator[Engine]:
    try:
        engine = create_engine(url)
    except (NoSuchModuleError, ImportError, ArgumentError) as error:
        raise _error(
            url,
            f"{url.drivername}: {error}",
            f"write it as {_FORMS}, or install what this kind of database needs: "
            ".venv/bin/python -m pip install DRIVER.",
        ) from error
    try:
        yield engine
    finally:
        engine.dispose()


def _prepare(engine: Engine, url: URL) -> None:
    """Make nbgrader's tables where there are none, and hold that they are of its version.

    nbgrader would do so by a command that has to be on the PATH, where that of a virtual
    environment often is not.
    """
    there = set(inspect(engine).get_table_names())
    head = _newest_version()
    if _NBGRADERS_OWN not in there:
        _make_tables(engine, url, head, is_versioned=_VERSION_TABLE in there)
        return
    if _VERSION_TABLE in there and (version := _version(engine)) != head:
        raise _error(
            url,
            f"Its tables are of nbgrader's version {version}; this nbgrader's are of {head}.",
            "keep a copy of it, then: nbgrader db upgrade.",
        )


def _make_tables(engine: Engine, url: URL, head: str, *, is_versioned: bool) -> None:
    if is_versioned:
        raise _error(
            url,
            "It is the database of another program, which keeps its version in it.",
            "give the gradebook a database of its own.",
        )
    with engine.begin() as connection:
        Base.metadata.create_all(bind=connection)
        connection.execute(
            text(f"CREATE TABLE {_VERSION_TABLE} (version_num VARCHAR(32) NOT NULL)")
        )
        connection.execute(text(f"INSERT INTO {_VERSION_TABLE} VALUES (:head)"), {"head": head})


def _newest_version() -> str:
    scripts = ScriptDirectory(str(Path(nbgrader.__file__).parent / "alembic"))
    return str(scripts.get_current_head())


def _version(engine: Engine) -> str:
    with engine.connect() as connection:
        return str(connection.execute(text(f"SELECT version_num FROM {_VERSION_TABLE}")).scalar())


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep nbgrader from logging the stack traces of errors that it raises, too."""
    log = logging.getLogger("tornado.application")
    was_disabled, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = was_disabled


def _error(url: URL, happened: str, next_step: str) -> GradebookError:
    place = url.render_as_string(hide_password=True)
    return GradebookError(f"write the gradebook {place}", happened, next_step)


def _words(error: Exception) -> str:
    """Return the database's own words, without the statement and without a link to a manual."""
    told = str(getattr(error, "orig", None) or error)
    return " ".join(told.split("(Background on this error")[0].split())


def _next_step(error: Exception) -> str:
    told = _words(error)
    if "locked" in told:
        return "end what has it open, such as formgrader or `nbgrader`, then grade with --resume."
    if "unable to open database file" in told or "readonly" in told:
        return "choose a file in a folder that is there and that you may write to."
    return "see that the server runs and knows this user, database and password; then --resume."

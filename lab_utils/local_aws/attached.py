"""An embedded AWS that somebody else keeps: found by its session file, known by its answer.

It may run in another space of processes, where its id says nothing to this process; and it is not
this process's to start, stop or reset.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lab_utils.errors import TargetError
from lab_utils.local_aws import process
from lab_utils.local_aws.session_file import Session, SessionFileError, read_session

VARIABLE = "LAB_SESSION"


def look_at(path: Path) -> tuple[Session | None, str, dict[str, Any]]:
    """Return the session that a file names, what is wrong with it, and the server's health.

    Args:
        path: The session file; it is never changed.
    """
    try:
        session = read_session(path)
    except FileNotFoundError:
        return None, f"there is no {path}", {}
    except (SessionFileError, OSError) as error:
        return None, f"{VARIABLE} cannot be used ({error})", {}
    health = process.health(session)
    if health is None:
        return None, f"nothing answers at {session.endpoint_url}", {}
    if health.get("started_at", session.started_at) != session.started_at:
        return None, f"at {session.endpoint_url} another embedded AWS answers", {}
    return session, "", health


def require(path: Path) -> Session:
    """Return the session that a file names, whatever its region and the speed of its clock.

    Raises:
        TargetError: It does not answer.
    """
    session, problem, _ = look_at(path)
    if session is None:
        raise TargetError(
            f"use the embedded AWS that {VARIABLE} names",
            f"{problem[0].upper()}{problem[1:]}.",
            f"whoever keeps it has to start it again; without {VARIABLE} the lab starts one of "
            "its own.",
        )
    return session


def refuse(verb: str) -> TargetError:
    """Return the error of who would stop or reset it."""
    return TargetError(
        f"{verb} the embedded AWS",
        f"It is the one that {VARIABLE} names, and somebody else keeps it.",
        f"leave it running; without {VARIABLE} the lab has one of its own.",
    )

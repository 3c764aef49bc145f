"""Runs the embedded AWS: ``python -m lab_utils.local_aws --workspace DIR --region REGION``."""

from __future__ import annotations

import asyncio
import logging
import logging.handlers
import sys

from lab_utils.errors import LabError
from lab_utils.local_aws.lock import WorkspaceBusyError, WorkspaceLock
from lab_utils.local_aws.server import LocalServer
from lab_utils.local_aws.server_settings import (
    EXPLAINED,
    SERVER_LOG,
    ServerSettings,
    parse_arguments,
)

_LOG_BYTES = 5_000_000


def main() -> int:
    """Serve until stopped, and return the exit status."""
    settings = parse_arguments()
    try:
        settings.lab_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        _log_to(settings)
        with WorkspaceLock(settings.lab_dir / "server.lock"):
            asyncio.run(_serve(settings))
    except LabError as error:
        print(error, file=sys.stderr)
        return EXPLAINED
    except WorkspaceBusyError:
        print(f"Another embedded AWS already serves {settings.workspace}.", file=sys.stderr)
        return EXPLAINED
    except OSError as error:
        print(
            f"Could not start the embedded AWS.\n{settings.lab_dir} cannot be used: {error}.\n"
            "What to do: make room on the disk, or make the workspace writable, or set "
            "LAB_WORKSPACE to a folder that is.",
            file=sys.stderr,
        )
        return EXPLAINED
    return 0


async def _serve(settings: ServerSettings) -> None:
    await LocalServer(settings).serve()


def _log_to(settings: ServerSettings) -> None:
    """Log to a file that is new at every start and bounded in size."""
    handler = logging.handlers.RotatingFileHandler(
        settings.lab_dir / SERVER_LOG, maxBytes=_LOG_BYTES, backupCount=1, encoding="utf-8"
    )
    if (settings.lab_dir / SERVER_LOG).stat().st_size:
        handler.doRollover()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s [%(name)s] %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    # A full disk must not fill standard error with tracebacks of the log itself.
    logging.raiseExceptions = False


if __name__ == "__main__":
    sys.exit(main())

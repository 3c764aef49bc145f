"""``dataframe``: ``lab.query`` of many rows, against boto3's paginator and a plain loop."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from lab_utils.bench import embedded, house
from lab_utils.bench.outcome import BenchmarkError, Options, Outcome, Report, middle, middle_ratio
from lab_utils.bench.readings import start_with_readings
from lab_utils.environment import clean_environment

_ROWS, _ROUNDS = 1_000_000, 3
_DEADLINE_S = 900


def dataframe(options: Options, report: Report) -> Outcome:
    """Measure how all records become a DataFrame.

    ``lab.query`` and a plain loop over the pages of boto3's paginator each read
    ``SELECT *`` in a process of their own, in turns.

    Returns:
        Ratios. ``time``: of the plain loop to ``lab.query``; more is better. ``memory``: what the
        process grew by at most during ``lab.query``, to the bytes of all answers; less is better.
    """
    rows, rounds = options.size or _ROWS, options.rounds or _ROUNDS
    measured: dict[str, list[dict[str, Any]]] = {"frame": [], "loop": []}
    with embedded.temporary_workspace() as settings:
        target = start_with_readings(settings, rows, report)
        environment = clean_environment(settings, target.variables())
        response_bytes = _read("size", environment)["response_bytes"]
        for number in range(rounds):
            for way, results in measured.items():
                results.append(_read(way, environment))
                _check_rows(results[-1]["rows"], rows)
                report(f"round {number + 1} of {rounds}: {way} {results[-1]['seconds']:.2f} s")
    frame_s, loop_s = ([one["seconds"] for one in measured[way]] for way in ("frame", "loop"))
    grown = {way: middle(one["grown_bytes"] for one in measured[way]) for way in measured}
    return Outcome(
        {"time": middle_ratio(loop_s, frame_s), "memory": grown["frame"] / response_bytes},
        {
            "rows": rows,
            "rounds": rounds,
            "query_s": middle(frame_s),
            "loop_s": middle(loop_s),
            "response_mb": response_bytes / 1e6,
            "query_grown_mb": grown["frame"] / 1e6,
            "loop_grown_mb": grown["loop"] / 1e6,
        },
    )


def _read(way: str, environment: dict[str, str]) -> dict[str, Any]:
    """Return what a process of its own found that reads the table one way."""
    sql = f'SELECT * FROM "{house.DATABASE}"."{house.TABLE}"'
    done = subprocess.run(
        [sys.executable, "-m", "lab_utils.bench.reading", way, sql],
        env=environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=_DEADLINE_S,
        check=False,
    )
    if done.returncode:
        raise BenchmarkError(
            f"read the table by the way {way!r}", done.stderr[-500:], "look at what it says."
        )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _check_rows(found: int, rows: int) -> None:
    readings = rows // house.RECORDS_PER_MESSAGE + 1
    if found != readings * house.RECORDS_PER_MESSAGE:
        raise BenchmarkError(
            "read all rows of a table", f"{found} came, of {rows}.", "look for what was lost."
        )

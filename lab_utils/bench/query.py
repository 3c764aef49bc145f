"""``query``: Timestream's SQL over HTTP, against the same typed directly into DuckDB."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lab_utils.bench import embedded, house
from lab_utils.bench.outcome import BenchmarkError, Options, Outcome, Report, middle, middle_ratio
from lab_utils.bench.readings import start_with_readings, store_path
from lab_utils.embedded import local_bulk

_RECORDS, _ROUNDS = 10_000_000, 15
_TABLE = f'"{house.DATABASE}"."{house.TABLE}"'
_LAST_MINUTE = f"""
    SELECT AVG(measure_value::double) AS mean FROM {_TABLE}
    WHERE measure_name = 'temperature' AND zone_id = '1' AND time BETWEEN ago(1m) AND now()
"""
_LAST_MINUTE_DIRECT = """
    SELECT avg("measure_value::double") AS mean FROM {relation}
    WHERE measure_name = 'temperature' AND zone_id = '1'
      AND "time" BETWEEN make_timestamp_ns({now_ns} - 60000000000) AND make_timestamp_ns({now_ns})
"""
_MEAN_PER_MINUTE = f"""
    SELECT zone_id, bin(time, 1m) AS minute, AVG(measure_value::double) AS mean FROM {_TABLE}
    WHERE measure_name = 'temperature' GROUP BY zone_id, bin(time, 1m) ORDER BY zone_id, minute
"""
_MEAN_PER_MINUTE_DIRECT = """
    SELECT zone_id, time_bucket(INTERVAL 1 minute, "time") AS minute,
           avg("measure_value::double") AS mean
    FROM {relation} WHERE measure_name = 'temperature'
    GROUP BY zone_id, minute ORDER BY zone_id, minute
"""


@dataclass
class _Pair:
    """A query both ways, and how long each took, in milliseconds.

    Attributes:
        sql: Timestream's SQL.
        direct: DuckDB's, with ``{relation}`` and ``{now_ns}``.
    """

    sql: str
    direct: str
    http_ms: list[float] = field(default_factory=list)
    direct_ms: list[float] = field(default_factory=list)
    rows: int = 0


def query(options: Options, report: Report) -> Outcome:
    """Measure two queries over the readings of six hours.

    ``last_minute`` is the Lambda's: the mean of one zone. ``mean_per_minute`` bins all of it.
    Over HTTP they are asked by boto3, pages and all; directly they are typed into DuckDB, with
    the same settings, on a copy of the file that the embedded AWS has open: DuckDB lets only one
    process have a file. Both sides alternate, and have to return as many rows.

    Returns:
        Ratios of the times, HTTP to direct; less is better.
    """
    records, rounds = options.size or _RECORDS, options.rounds or _ROUNDS
    pairs = {
        "last_minute": _Pair(_LAST_MINUTE, _LAST_MINUTE_DIRECT),
        "mean_per_minute": _Pair(_MEAN_PER_MINUTE, _MEAN_PER_MINUTE_DIRECT),
    }
    with embedded.temporary_workspace() as settings:
        start_with_readings(settings, records, report)
        embedded.stop(settings)
        copy = store_path(settings).with_name("copy.duckdb")
        shutil.copy(store_path(settings), copy)
        client = embedded.start(settings).client("timestream-query")
        with local_bulk().opened(copy) as store:
            relation = local_bulk().only_table(store).relation
            for number in range(-1, rounds):
                for pair in pairs.values():
                    _measure(pair, client, store, relation, is_kept=number >= 0)
            size_mb = copy.stat().st_size / 1e6
    return _outcome(pairs, {"records": records, "rounds": rounds, "file_mb": size_mb})


def _measure(pair: _Pair, client: Any, store: Any, relation: str, is_kept: bool) -> None:
    """Run a query both ways; the first time is to warm up."""
    http_ms, rows = _timed(lambda: _all_rows(client, pair.sql))
    direct = pair.direct.format(relation=relation, now_ns=time.time_ns())
    direct_ms, direct_rows = _timed(lambda: store.run(direct))
    if len(rows) != len(direct_rows):
        raise BenchmarkError(
            "compare a query with the same in DuckDB",
            f"One has {len(rows)} rows, the other {len(direct_rows)}: {pair.sql}",
            "find out which of them is wrong.",
        )
    pair.rows = len(rows)
    if is_kept:
        pair.http_ms.append(http_ms)
        pair.direct_ms.append(direct_ms)


def _all_rows(client: Any, sql: str) -> list[Any]:
    pages = client.get_paginator("query").paginate(QueryString=sql)
    return [row for page in pages for row in page["Rows"]]


def _timed(run: Callable[[], list[Any]]) -> tuple[float, list[Any]]:
    started = time.perf_counter()
    rows = run()
    return (time.perf_counter() - started) * 1000, rows


def _outcome(pairs: dict[str, _Pair], figures: dict[str, Any]) -> Outcome:
    for name, pair in pairs.items():
        figures[f"{name}_http_ms"] = middle(pair.http_ms)
        figures[f"{name}_direct_ms"] = middle(pair.direct_ms)
        figures[f"{name}_rows"] = pair.rows
    ratios = {name: middle_ratio(p.http_ms, p.direct_ms) for name, p in pairs.items()}
    return Outcome(ratios, figures)

"""Reads a query's result in one of two ways, and prints what it took as one JSON object.

``python -m lab_utils.bench.reading WAY SQL``, with WAY ``frame`` (as ``lab.query``), ``loop``
(boto3's paginator) or ``size`` (only counts the bytes of the answers). The endpoint and the
credentials come from the environment, as for any program.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any

import boto3
import pandas as pd
import psutil

from lab_utils.environment import without_proxy
from lab_utils.queries import run_query

_SAMPLE_S = 0.01
_CONVERT: Mapping[str, Callable[[str], Any]] = {
    "BIGINT": int,
    "BOOLEAN": lambda text: text == "true",
    "DOUBLE": float,
    "INTEGER": int,
    "TIMESTAMP": lambda text: datetime.fromisoformat(text[:26]),
}
"""Plain Python's datetime ends at the microsecond, which is how such a loop reads a time."""


class PeakMemory:
    """How much this process grows while a block runs, looked at a hundred times a second."""

    def __enter__(self) -> PeakMemory:
        self._process = psutil.Process()
        self._done = threading.Event()
        self._before = self._peak = self._resident()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()
        self._peak = max(self._peak, self._resident())

    @property
    def grown_bytes(self) -> int:
        """By how much it grew at most."""
        return self._peak - self._before

    def _watch(self) -> None:
        while not self._done.wait(_SAMPLE_S):
            self._peak = max(self._peak, self._resident())

    def _resident(self) -> int:
        return int(self._process.memory_info().rss)


def read_by_loop(client: Any, sql: str) -> pd.DataFrame:
    """Return the result as a program without the lab reads it: page by page, cell by cell."""
    names: list[str] = []
    rows: list[list[Any]] = []
    for page in client.get_paginator("query").paginate(QueryString=sql):
        names = [column["Name"] for column in page["ColumnInfo"]]
        types = [column["Type"]["ScalarType"] for column in page["ColumnInfo"]]
        for row in page["Rows"]:
            cells = []
            for cell, kind in zip(row["Data"], types, strict=True):
                text = cell.get("ScalarValue")
                convert = _CONVERT.get(kind, str)
                cells.append(None if text is None else convert(text))
            rows.append(cells)
    return pd.DataFrame(rows, columns=names)


def response_bytes(client: Any, sql: str) -> int:
    """Return how many bytes the answers of a query have."""
    sizes: list[int] = []
    client.meta.events.register_first(
        "before-parse.timestream-query.Query",
        lambda response_dict, **_rest: sizes.append(len(response_dict["body"])),
    )
    for _page in client.get_paginator("query").paginate(QueryString=sql):
        pass
    return sum(sizes)


def main(way: str, sql: str) -> None:
    """Read the result, and print what it took."""
    client: Any = boto3.client("timestream-query", config=without_proxy())
    if way == "size":
        print(json.dumps({"response_bytes": response_bytes(client, sql)}))
        return
    read = run_query if way == "frame" else read_by_loop
    with PeakMemory() as memory:
        started = time.perf_counter()
        frame = read(client, sql)
        seconds = time.perf_counter() - started
    found = {"rows": len(frame), "seconds": seconds, "grown_bytes": memory.grown_bytes}
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])

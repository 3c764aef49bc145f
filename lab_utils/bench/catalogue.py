"""The benchmarks by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lab_utils.bench.dataframe import dataframe
from lab_utils.bench.fleet import fleet
from lab_utils.bench.grading import grading
from lab_utils.bench.ingest import ingest
from lab_utils.bench.loop import loop
from lab_utils.bench.outcome import Benchmark, BenchmarkError
from lab_utils.bench.query import query

BENCHMARKS: Mapping[str, Benchmark] = {
    "ingest": ingest,
    "query": query,
    "dataframe": dataframe,
    "loop": loop,
    "fleet": fleet,
    "grading": grading,
}


def chosen(names: Sequence[str]) -> dict[str, Benchmark]:
    """Return the benchmarks of these names, all of them when there are none.

    Raises:
        BenchmarkError: There is none of a name.
    """
    for name in names:
        if name not in BENCHMARKS:
            raise BenchmarkError(
                f"run the benchmark {name!r}",
                "There is none of this name.",
                f"choose from {', '.join(BENCHMARKS)}.",
            )
    return {name: BENCHMARKS[name] for name in names or BENCHMARKS}

"""``lab bench``: the benchmarks, each on an embedded AWS of its own."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Mapping
from typing import Any

from lab_utils.bench.catalogue import chosen
from lab_utils.bench.outcome import Benchmark, Options, Outcome
from lab_utils.commands.answers import print_json


def bench(arguments: argparse.Namespace) -> int:
    """Run the benchmarks, and print their ratios and figures."""
    options = Options(arguments.size, arguments.rounds)
    results: dict[str, Any] = {}
    for name, benchmark in chosen(arguments.names).items():
        results[name] = _run(name, benchmark, options)
        if not arguments.json:
            _print_result(name, results[name])
    if arguments.json:
        print_json({"benchmarks": results, "machine": _machine()})
    return 0


def _run(name: str, benchmark: Benchmark, options: Options) -> dict[str, Any]:
    started = time.monotonic()
    outcome: Outcome = benchmark(options, lambda line: print(f"{name}: {line}", file=sys.stderr))
    return {**outcome.to_json(), "seconds": round(time.monotonic() - started, 1)}


def _machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "processor": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def _print_result(name: str, result: Mapping[str, Any]) -> None:
    print(f"{name} ({result['seconds']:g} s)")
    for kind in ("ratios", "figures"):
        print(f"  {kind}")
        for one, value in result[kind].items():
            print(f"    {one:42} {value}")

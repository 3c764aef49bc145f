"""Every benchmark runs, small, and tells its ratios and figures; no time is asserted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab_utils.bench.catalogue import BENCHMARKS
from lab_utils.bench.outcome import Options, Outcome
from lab_utils.cli import main

FIELDS = {
    "ingest": (
        {"acknowledged", "stored", "processor"},
        {
            "messages_per_round",
            "rounds",
            *(
                f"{side}_{what}"
                for side in ("embedded", "ministack")
                for what in (
                    "acknowledged_per_s",
                    "stored_per_s",
                    "processor_us_per_message",
                    "messages",
                    "rows_in_dynamodb",
                )
            ),
            "embedded_rows_in_timestream",
        },
    ),
    "query": (
        {"last_minute", "mean_per_minute"},
        {
            "records",
            "rounds",
            "file_mb",
            *(
                f"{query}_{what}"
                for query in ("last_minute", "mean_per_minute")
                for what in ("http_ms", "direct_ms", "rows")
            ),
        },
    ),
    "dataframe": (
        {"time", "memory"},
        {
            "rows",
            "rounds",
            "query_s",
            "loop_s",
            "response_mb",
            "query_grown_mb",
            "loop_grown_mb",
        },
    ),
    "loop": (
        {"real_time"},
        {
            "speed",
            "rounds",
            "lab_minutes",
            "real_s",
            "commands",
            "delay_median_lab_s",
            "delay_worst_lab_s",
            "switches",
            "readings",
            "stored",
        },
    ),
    "fleet": (
        {"house", "embedded"},
        {
            "speed",
            "lab_minutes",
            *(
                f"10_sensors_{what}"
                for what in (
                    "messages",
                    "messages_per_s",
                    "connect_s",
                    "embedded_ms_per_connection",
                    "house_us_per_message",
                    "embedded_us_per_message",
                    "house_mb",
                    "house_kb_per_sensor",
                    "stored",
                )
            ),
        },
    ),
}
SMALL = Options(size=40, rounds=1)


def be_quiet(_line: str) -> None:
    """Take a report."""


def test_every_benchmark_is_tried_here_or_with_a_grader_that_takes_no_time() -> None:
    # What grading a submission really takes and earns is a part of test_verify.
    assert {*FIELDS, "grading"} == set(BENCHMARKS)


@pytest.mark.parametrize("name", FIELDS)
def test_a_benchmark_tells_its_ratios_and_figures(name: str) -> None:
    outcome: Outcome = BENCHMARKS[name](SMALL, be_quiet)
    ratios, figures = FIELDS[name]
    assert set(outcome.ratios) == ratios
    assert set(outcome.figures) == figures
    assert all(value >= 0 for value in outcome.ratios.values())


def test_ingest_counts_what_is_in_the_stores() -> None:
    figures = BENCHMARKS["ingest"](Options(size=40, rounds=2), be_quiet).figures
    assert figures["embedded_messages"] == figures["ministack_messages"] == 3 * 40
    assert figures["embedded_rows_in_timestream"] == 4 * 3 * 40
    assert figures["embedded_rows_in_dynamodb"] == figures["ministack_rows_in_dynamodb"] == 3 * 2


def test_the_command_prints_one_json_object(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["--workspace", str(tmp_path), "bench", "query", "--size", "40", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"benchmarks", "machine"}
    assert set(told["benchmarks"]["query"]) == {"ratios", "figures", "seconds"}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nonsense"], "choose from ingest, query, dataframe"),
        (["ingest", "--size", "1"], "--size 1"),
        (["ingest", "--rounds", "0"], "--rounds 0"),
    ],
)
def test_what_cannot_be_run_is_refused(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", *arguments]) == 1
    assert words in capsys.readouterr().err

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.unit.local_aws.timestream.conftest import HOUR_NS, MINUTE_NS, START_NS, Bench, reading

DAY_NS = 24 * HOUR_NS
LATE_WRITES: dict[str, Any] = {"MagneticStoreWriteProperties": {"EnableMagneticStoreWrites": True}}
ONE_DAY: dict[str, Any] = {
    "RetentionProperties": {
        "MemoryStoreRetentionPeriodInHours": 1,
        "MagneticStoreRetentionPeriodInDays": 1,
    }
}
WINDOW = re.compile(
    r"The record timestamp is outside the time range \[(\S+Z), (\S+Z)\) of the (.+)\."
)


def window_in(reason: str) -> tuple[timedelta, str]:
    match = WINDOW.fullmatch(reason)
    assert match is not None, reason
    begin, end = (datetime.fromisoformat(match[n]) for n in (1, 2))
    return end - begin, match[3]


@pytest.mark.parametrize("offset_ns", [-6 * HOUR_NS, 0, 15 * MINUTE_NS - 1])
def test_a_record_within_the_memory_stores_retention_is_stored(
    bench: Bench, offset_ns: int
) -> None:
    assert bench.write(reading(at_ns=START_NS + offset_ns)).memory == 1


@pytest.mark.parametrize("offset_ns", [-7 * HOUR_NS, 15 * MINUTE_NS, 16 * MINUTE_NS])
def test_a_record_outside_of_it_is_rejected(bench: Bench, offset_ns: int) -> None:
    reason = bench.rejections(reading(at_ns=START_NS + offset_ns))[0]
    assert window_in(reason) == (timedelta(hours=6, minutes=40), "memory store")
    assert bench.rows("*") == []


def test_late_records_go_to_the_magnetic_store_if_it_takes_them(bench: Bench) -> None:
    bench.create_table("late", **LATE_WRITES, **ONE_DAY)
    old, recent = reading(at_ns=START_NS - 7 * HOUR_NS), reading()
    stored = bench.write(old, recent, table="late")
    assert (stored.memory, stored.magnetic) == (1, 1)


def test_the_window_of_late_records_is_both_retentions_long(bench: Bench) -> None:
    bench.create_table("late", **LATE_WRITES, **ONE_DAY)
    inside = reading(at_ns=START_NS - DAY_NS - HOUR_NS)
    assert bench.write(inside, table="late").magnetic == 1
    outside = reading(at_ns=START_NS - DAY_NS - 2 * HOUR_NS)
    reason = bench.rejections(outside, table="late")[0]
    assert window_in(reason) == (timedelta(hours=25, minutes=40), "data ingestion window")


def test_the_records_of_a_call_that_are_in_time_are_stored(bench: Bench) -> None:
    old = reading("1.0", at_ns=START_NS - 8 * HOUR_NS)
    assert list(bench.rejections(reading("1.0"), old, reading("2.0", at_ns=START_NS + 1))) == [1]
    assert bench.rows('"measure_value::double"') == [(1.0,), (2.0,)]


def test_the_window_moves_with_the_labs_clock(bench: Bench) -> None:
    bench.now_ns += 7 * HOUR_NS
    assert 0 in bench.rejections(reading(at_ns=START_NS))
    assert bench.write(reading(at_ns=bench.now_ns)).memory == 1


def test_records_are_deleted_after_both_retentions(bench: Bench) -> None:
    bench.create_table("brief", **ONE_DAY)
    bench.write(reading("1.0"), table="brief")
    bench.write(reading("1.0"))
    bench.now_ns += 25 * HOUR_NS
    bench.write(reading("2.0", at_ns=bench.now_ns), table="brief")
    bench.backend.tidy()
    assert len(bench.rows("*", table="brief")) == 2
    bench.now_ns += HOUR_NS
    bench.backend.tidy()
    assert bench.rows('"measure_value::double"', table="brief") == [(2.0,)]
    assert len(bench.rows("*")) == 1, "the other table keeps its records for 200 years"


def test_what_was_deleted_may_come_again_as_new(bench: Bench) -> None:
    bench.create_table("late", **LATE_WRITES, **ONE_DAY)
    bench.write(reading("1.0"), table="late")
    bench.now_ns += 26 * HOUR_NS
    bench.backend.tidy()
    bench.now_ns = START_NS
    bench.write(reading("2.0"), table="late")
    assert bench.rows('"measure_value::double"', table="late") == [(2.0,)]

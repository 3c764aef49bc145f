"""What a dashboard page draws and tells of a snapshot."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lab_utils.dashboard.decisions import parse_decisions
from lab_utils.dashboard.invalid import MOST_PAGES, read_invalid
from lab_utils.dashboard.lacks import no_readings, table_lack
from lab_utils.dashboard.queries import readings_sql, since_whole, zone_means_sql
from lab_utils.dashboard.snapshot import Decision, InvalidReadings, Lack, Snapshot, State
from lab_utils.dashboard.told import About, told
from lab_utils.dashboard.view import ALL_ZONES, MOST_POINTS, milliseconds, view_of
from lab_utils.dashboard.words import (
    invalid_in_words,
    lambda_in_words,
    rooms_in_words,
    switches_in_words,
    zones_in_words,
)
from lab_utils.errors import QueryError

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
ABOUT = About("the embedded AWS", 1.0, "", ())


def ago(minutes: float) -> pd.Timestamp:
    return pd.Timestamp(NOW - timedelta(minutes=minutes)).tz_localize(None)


def readings(*rows: tuple[float, int, float]) -> pd.DataFrame:
    """Return readings of minutes ago, sensor, degrees; two sensors a zone."""
    columns = [
        {
            "time": ago(minutes),
            "sensor_id": sensor,
            "zone_id": (sensor + 1) // 2,
            "temperature": degrees,
            "is_artefact": degrees >= 40,
        }
        for minutes, sensor, degrees in sorted(rows, reverse=True)
    ]
    return pd.DataFrame(columns)


def decision(minutes: float, zone_id: int, is_on: bool | None) -> Decision:
    time = NOW - timedelta(minutes=minutes)
    return Decision(time, zone_id, 30.0, is_on, f"zone {zone_id}: ...")


def snapshot(**parts: Any) -> Snapshot:
    nothing = Lack("Nothing is there.", "Part 9 makes it.")
    usual = dict.fromkeys(("readings", "means", "decisions", "invalid"), nothing)
    return Snapshot(NOW, NOW, 0.1, 60, 60, **{**usual, **parts})


def test_a_page_shows_its_zone_and_its_window_only() -> None:
    seen = snapshot(
        readings=readings((20, 1, 21.0), (4, 1, 22.0), (3, 1, 45.0), (2, 2, 23.0), (1, 3, 24.0))
    )
    view = view_of(seen, 1, 5)
    assert [(one.key, one.zone_id, one.place, one.newest_c) for one in view.rooms] == [
        (1, 1, 0, 22.0),
        (2, 1, 1, 23.0),
    ]
    assert list(view.artefacts[1]) == [45.0]
    assert view.zones == (1, 2)
    assert (view.end_ms, view.end_ms - view.start_ms) == (milliseconds(NOW), 300_000)
    assert [one.key for one in view_of(seen, ALL_ZONES, 60).rooms] == [1, 2, 3]


def test_a_line_is_broken_where_nothing_came_and_thinned_where_there_is_too_much() -> None:
    gap = view_of(snapshot(readings=readings((9, 1, 20.0), (8.9, 1, 21.0), (1, 1, 22.0))), 0, 15)
    [line] = gap.rooms
    assert np.isnan(line.degrees).tolist() == [False, False, True, False]
    many = [(59 - place / 20, 1, 20.0 + place / 100) for place in range(1001)]
    [line] = view_of(snapshot(readings=readings(*many)), 0, 60).rooms
    assert len(line.degrees) <= MOST_POINTS
    assert not np.isnan(line.degrees).any()
    assert line.degrees[-1] == line.newest_c == pytest.approx(30.0)


def test_a_mean_stands_at_its_minutes_end_and_the_newest_one_now() -> None:
    means = pd.DataFrame({"time": [ago(2), ago(0.5)], "zone_id": [1, 1], "mean": [20.0, 21.0]})
    [line] = view_of(snapshot(means=means), 1, 15).means
    assert list((line.times_ms - milliseconds(NOW)) / 60_000) == [-1.0, 0.0]


def test_an_air_conditioner_is_on_between_its_commands_and_unknown_before_the_first() -> None:
    told = (decision(30, 1, True), decision(29, 1, True), decision(10, 1, False),
            decision(9, 1, False), decision(5, 1, None), decision(4, 1, True),
            decision(8, 2, None))  # fmt: skip
    one, two = view_of(snapshot(decisions=told), ALL_ZONES, 15).conditioners
    since_start = [tuple((edge - milliseconds(NOW)) / 60_000 for edge in span) for span in one.on]
    assert since_start == [(-15.0, -10.0), (-4.0, 0.0)]
    assert (one.is_on, one.since) == (True, NOW - timedelta(minutes=4))
    assert (two.is_on, two.since, two.on, two.known) == (None, None, (), None)
    assert switches_in_words((one, two)) == "AC 1 on"


def test_decisions_are_read_from_the_lines_of_the_log() -> None:
    lines = [
        "[INFO]\t2026-05-01T12:00:00.1Z\tabc\tzone 2: mean 35.20 C of 24 readings: AC on\n",
        "[INFO]\t2026-05-01T12:00:00.1Z\tabc\tzone 1: mean -1.50 C of 1 readings: AC off\n",
        "[INFO]\t2026-05-01T12:00:00.1Z\tabc\tzone 3: no valid reading: nothing is sent\n",
        "zone 4 is warm",
    ]
    found = parse_decisions({"timestamp": 1000, "message": line} for line in lines)
    assert [(one.zone_id, one.mean_c, one.is_on) for one in found] == [
        (2, 35.2, True),
        (1, -1.5, False),
        (3, None, None),
    ]
    assert found[0].line == "zone 2: mean 35.20 C of 24 readings: AC on"


class Scans:
    """A DynamoDB client whose table has some pages."""

    def __init__(self, *pages: dict[str, Any]) -> None:
        self._pages = pages

    def get_paginator(self, _name: str) -> Scans:
        return self

    def paginate(self, **_arguments: str) -> tuple[dict[str, Any], ...]:
        return self._pages


def test_invalid_readings_are_counted_by_sensor_and_a_huge_table_is_not_read_to_its_end() -> None:
    item = {"sensor_id": {"N": "2"}, "temperature": {"N": "45.5"}}
    few = read_invalid(Scans({"Items": [item, {**item, "sensor_id": {"S": "x"}}]}))
    assert few == InvalidReadings(2, True, (("2", 1, 45.5), ("x", 1, 45.5)))
    page = {"Items": [item], "LastEvaluatedKey": {"id": {"S": "a"}}}
    many = read_invalid(Scans(*[page] * (MOST_PAGES + 2)))
    assert many == InvalidReadings(MOST_PAGES, False, (("2", MOST_PAGES, 45.5),))
    assert "more than 3 invalid readings" in invalid_in_words(snapshot(invalid=many)).says
    assert isinstance(read_invalid(Scans({"Items": []})), Lack)


@pytest.mark.parametrize(
    ("happened", "newest", "says"),
    [
        ("Requested database 'iot' not found for identifier", NOW, "no Timestream database"),
        ("Table 'iot.temperaturesensor' does not exist", NOW, "no Timestream table"),
        ("Column 'sensor_id' does not exist", None, "Nothing was ever written"),
        ("Column 'zone_id' does not exist", NOW, "no dimension zone_id"),
    ],
)
def test_what_is_missing_is_said(happened: str, newest: datetime | None, says: str) -> None:
    lack = table_lack(QueryError("run", happened, "mend it"), lambda: newest)
    assert says in lack.says
    assert "art 3" in lack.next_step
    with pytest.raises(QueryError):
        table_lack(QueryError("run", "You may not.", "mend it"), lambda: newest)
    assert "2 lab minutes ago" in str(no_readings(1, NOW - timedelta(minutes=2), NOW))


def test_the_page_is_told_in_words_with_the_newest_values() -> None:
    means = pd.DataFrame({"time": [ago(2)], "zone_id": [1], "mean": [36.0]})
    seen = snapshot(
        readings=readings((4, 1, 21.0), (1, 1, 22.0), (1, 2, 25.0), (2, 1, 41.0)),
        means=means,
        decisions=(decision(3, 1, True), decision(2, 1, None)),
    )
    view = view_of(seen, ALL_ZONES, 5)
    rooms = rooms_in_words(seen, view, 5)
    assert "2 sensors told temperatures" in rooms.says
    assert "from 22.0 °C (temp_1) to 25.0 °C (temp_2). 1 invalid reading in" in rooms.says
    assert rooms.rows[0] == ("temp_1", "1", "22.0", "11:59:00", "up 1.0")
    zones = zones_in_words(seen, view, 5)
    assert zones.rows == (("1", "36.0", "11:58", "goes on", "on since 11:57"),)
    assert [row[0] for row in lambda_in_words(seen, view).rows] == ["11:58:00", "11:57:00"]
    assert invalid_in_words(seen).says == "Nothing is there. Part 9 makes it."


@pytest.mark.parametrize(
    ("minutes", "says"), [(0.9, "now from 22.0"), (1.5, "nothing new since 11:58:30; then from")]
)
def test_sensors_that_fell_silent_have_no_now(minutes: float, says: str) -> None:
    seen = snapshot(readings=readings((3, 1, 21.0), (minutes, 1, 22.0)))
    assert says in rooms_in_words(seen, view_of(seen, ALL_ZONES, 5), 5).says


def test_the_state_of_the_page_is_the_worst_that_there_is() -> None:
    seen = snapshot(readings=readings((1, 1, 22.0)))
    lacking = snapshot()
    for state, is_paused, status in (
        (State(), False, "waiting"),
        (State(seen), False, "live"),
        (State(seen), True, "paused"),
        (State(lacking), False, "lacking"),
        (State(seen, NOW, "gone"), True, "gone"),
        (State(seen, is_broken=True), False, "broken"),
    ):
        view = None if state.snapshot is None else view_of(state.snapshot, ALL_ZONES, 5)
        assert told(state, view, 5, is_paused, ABOUT)["status"] == status
    assert told(replace(State(seen), looks=3), None, 5, False, ABOUT)["looks"] == 3


def test_grafana_may_put_its_own_table_and_time_into_the_queries() -> None:
    for query in (readings_sql, zone_means_sql):
        text = query("$__timeFilter", "$__database.$__table")
        assert "FROM $__database.$__table\n" in text
        assert "WHERE $__timeFilter" in text
    assert since_whole(15) == "time >= bin(ago(15m), 1m)"

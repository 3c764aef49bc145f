"""The handler between a Timestream and an AWS IoT, without AWS; see conftest.py for the two."""

import importlib
import json
import logging

import pytest

import ac_control_lambda
from ac_control_lambda import lambda_handler
from conftest import FakeIot, FakeTimestream

ON = {"state": {"enabled": True}}
OFF = {"state": {"enabled": False}}


def test_each_zone_is_told_what_its_own_mean_asks_for(
    timestream: FakeTimestream, iot: FakeIot
) -> None:
    for temperature, zone_id in [(36.5, 1), (37, 1), (19.5, 2), (18, 2), (25.5, 3), (38.25, 17)]:
        timestream.add(temperature, zone_id)
    decided = lambda_handler({}, None)
    assert iot.sent == {"AC/AC-1": ON, "AC/AC-2": OFF, "AC/AC-17": ON}
    assert json.loads(json.dumps(decided)) == {
        "1": {"mean_c": 36.75, "readings": 2, "enabled": True},
        "2": {"mean_c": 18.75, "readings": 2, "enabled": False},
        "3": {"mean_c": 25.5, "readings": 1, "enabled": None},
        "17": {"mean_c": 38.25, "readings": 1, "enabled": True},
    }


def test_all_pages_are_read(timestream: FakeTimestream, iot: FakeIot) -> None:
    for temperature in (34, 34, 34, 34, 39, 39, 39, 39.5):
        timestream.add(temperature, 1)
    assert lambda_handler({}, None)[1]["readings"] == 8
    assert iot.sent == {"AC/AC-1": ON}


def test_only_the_last_minute_counts(timestream: FakeTimestream, iot: FakeIot) -> None:
    timestream.add(36, 1, seconds_ago=59)
    timestream.add(10, 1, seconds_ago=61)
    timestream.add(10, 1, seconds_ago=-30)
    lambda_handler({}, None)
    assert iot.sent == {"AC/AC-1": ON}


def test_artefacts_switch_nothing(
    timestream: FakeTimestream, iot: FakeIot, caplog: pytest.LogCaptureFixture
) -> None:
    timestream.add(30, 1)
    timestream.add(49.5, 1)
    timestream.add(40, 2)
    assert lambda_handler({}, None)[1] == {"mean_c": 30, "readings": 1, "enabled": None}
    assert iot.sent == {}
    assert "zone 2: no valid reading: nothing is sent" in caplog.messages


def test_without_data_nothing_is_sent_and_the_log_says_so(
    timestream: FakeTimestream, iot: FakeIot, caplog: pytest.LogCaptureFixture
) -> None:
    timestream.add(36, 1, seconds_ago=600)
    assert lambda_handler({}, None) == {}
    assert iot.sent == {}
    assert "no reading in the last minute: nothing is sent" in caplog.messages


def test_a_table_that_was_never_written_to_is_no_error(
    timestream: FakeTimestream, iot: FakeIot, caplog: pytest.LogCaptureFixture
) -> None:
    timestream.database.execute("DROP TABLE iot.temperaturesensor")
    timestream.database.execute("CREATE TABLE iot.temperaturesensor (measure_name, time)")
    assert lambda_handler({}, None) == {}
    assert iot.sent == {}
    assert "nothing was ever written to the table?" in caplog.text


def test_any_other_refusal_of_the_query_fails_the_invocation(timestream: FakeTimestream) -> None:
    timestream.database.execute("DROP TABLE iot.temperaturesensor")
    with pytest.raises(timestream.exceptions.ValidationException):
        lambda_handler({}, None)


def test_a_reading_counts_once_also_when_one_of_its_measures_was_refused(
    timestream: FakeTimestream, iot: FakeIot
) -> None:
    timestream.add(36.5, 1)
    timestream.add(21, 1, measures=("id", "sensor_id", "zone_id"))
    timestream.add(40.5, 1, measures=("temperature",))
    timestream.add(36.5, 1)
    decided = lambda_handler({}, None)
    assert decided[1] == {
        "mean_c": pytest.approx(31.333, abs=0.001),
        "readings": 3,
        "enabled": None,
    }
    assert iot.sent == {}


def test_each_zone_has_its_line_in_the_log(
    timestream: FakeTimestream, iot: FakeIot, caplog: pytest.LogCaptureFixture
) -> None:
    for temperature, zone_id in [(36, 1), (36.5, 1), (19, 2), (30, 3)]:
        timestream.add(temperature, zone_id)
    lambda_handler({}, None)
    assert len(iot.sent) == 2
    lines = [one.message for one in caplog.records if one.levelno == logging.INFO]
    assert lines == [
        "zone 1: mean 36.25 C of 2 readings: AC on",
        "zone 2: mean 19.00 C of 1 readings: AC off",
        "zone 3: mean 30.00 C of 1 readings: nothing is sent",
    ]


def test_a_refused_zone_does_not_stop_the_others_and_the_invocation_fails(
    timestream: FakeTimestream, iot: FakeIot, caplog: pytest.LogCaptureFixture
) -> None:
    for zone_id in (1, 2, 3):
        timestream.add(36, zone_id)
    iot.refused = {"AC/AC-1", "AC/AC-3"}
    with pytest.raises(RuntimeError, match=r"\[1, 3\]"):
        lambda_handler({}, None)
    assert iot.sent == {"AC/AC-2": ON}
    assert "PermissionError: ForbiddenException" in caplog.text


def test_no_text_of_a_device_comes_into_a_topic(timestream: FakeTimestream, iot: FakeIot) -> None:
    for zone_id in ("#", "1/../2", "+"):
        timestream.add(36, zone_id)
    assert lambda_handler({}, None) == {}
    assert iot.sent == {}


def test_another_table_is_named_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert '"iot"."temperaturesensor"' in ac_control_lambda.LAST_MINUTE
    monkeypatch.setenv("DATABASE", "house")
    monkeypatch.setenv("TABLE", "readings")
    assert '"house"."readings"' in importlib.reload(ac_control_lambda).LAST_MINUTE
    monkeypatch.undo()
    importlib.reload(ac_control_lambda)


def test_the_clients_are_those_of_the_two_services() -> None:
    assert ac_control_lambda.timestream == "timestream-query"
    assert ac_control_lambda.iot == "iot-data"

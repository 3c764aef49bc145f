"""The decision, by itself: means of readings, and what they mean for an air conditioner."""

import pytest

from decision import ZoneMean, decide, mean_temperatures


def reading(temperature: str | None, zone_id: str | None = "1") -> dict[str, str | None]:
    return {"zone_id": zone_id, "temperature": temperature}


@pytest.mark.parametrize(
    ("mean_c", "enabled"),
    [
        (39.9, True),
        (35.01, True),
        (35.0, None),  # above 35, not from 35 on
        (34.99, None),
        (27.5, None),
        (20.01, None),
        (20.0, None),  # below 20, not up to 20
        (19.99, False),
        (-5.0, False),
        (None, None),  # nothing was measured, so nothing is decided
    ],
)
def test_on_above_35_off_below_20_and_unchanged_in_between(
    mean_c: float | None, enabled: bool | None
) -> None:
    assert decide(mean_c) is enabled


def test_the_mean_is_the_arithmetic_one_of_texts_with_and_without_a_point() -> None:
    rows = [reading("36"), reading("21.5"), reading("20.2")]
    assert mean_temperatures(rows) == {1: ZoneMean(pytest.approx(25.9), 3)}


def test_each_zone_has_its_own_mean_whatever_its_number() -> None:
    rows = [reading("36", "1"), reading("18", "2"), reading("30", "17"), reading("38", "1")]
    assert mean_temperatures(rows) == {
        1: ZoneMean(37, 2),
        2: ZoneMean(18, 1),
        17: ZoneMean(30, 1),
    }


def test_artefacts_are_left_out_from_40_on() -> None:
    rows = [reading("30"), reading("39.99"), reading("40"), reading("40.0"), reading("49.7")]
    assert mean_temperatures(rows) == {1: ZoneMean(pytest.approx(34.995), 2)}


def test_a_zone_with_nothing_but_artefacts_has_no_mean() -> None:
    assert mean_temperatures([reading("45")]) == {1: ZoneMean(None, 0)}


@pytest.mark.parametrize(
    "broken",
    [reading("warm"), reading(""), reading(None), reading("30", "attic"), reading("30", None)],
)
def test_what_is_no_reading_is_ignored_and_said(
    broken: dict[str, str | None], caplog: pytest.LogCaptureFixture
) -> None:
    assert mean_temperatures([broken, reading("30")]) == {1: ZoneMean(30, 1)}
    assert str(broken) in caplog.text


def test_no_reading_is_no_zone() -> None:
    assert mean_temperatures([]) == {}

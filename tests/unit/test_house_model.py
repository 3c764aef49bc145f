"""The house's physics: warming, cooling, artefacts, and that a seed says all."""

from __future__ import annotations

import math

import pytest

from lab_utils.errors import SettingsError
from lab_utils.house.model import HouseModel, Measured
from lab_utils.house.rooms import plan_rooms
from lab_utils.thresholds import INVALID_FROM_C, OFF_BELOW_C, ON_ABOVE_C

ROOMS = plan_rooms(2, 2)
OFF, ON = {1: False, 2: False}, {1: True, 2: True}


def test_the_practicals_house_has_its_four_rooms() -> None:
    found = [(room.name, room.zone_id, room.sensor_id, room.is_near_ac) for room in ROOMS]
    assert found == [
        ("livingroom", 1, 1, True),
        ("kitchen", 1, 2, False),
        ("bedroom", 2, 3, True),
        ("bathroom", 2, 4, False),
    ]


def test_a_house_of_any_size_counts_its_sensors_through_and_names_every_room() -> None:
    rooms = plan_rooms(100, 10)
    assert [room.sensor_id for room in rooms] == list(range(1, 1001))
    assert [room.zone_id for room in rooms] == [n // 10 + 1 for n in range(1000)]
    assert len({room.name for room in rooms}) == 1000
    assert sum(room.is_near_ac for room in rooms) == 100


@pytest.mark.parametrize("count", [0, -1, 1.5, True, "2"])
def test_a_house_without_rooms_is_refused(count: object) -> None:
    with pytest.raises(SettingsError, match="zones is"):
        plan_rooms(count, 2)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="rooms_per_zone is"):
        plan_rooms(2, count)  # type: ignore[arg-type]


def test_rooms_warm_by_8_in_a_thousand_a_step_to_just_under_what_is_invalid() -> None:
    model = HouseModel(ROOMS, seed=7)
    before = model.room_c
    assert all(20.0 <= temperature_c <= 22.0 for temperature_c in before.values())
    model.step(OFF)
    for sensor_id, temperature_c in model.room_c.items():
        assert temperature_c == pytest.approx(before[sensor_id] * 1.008)
    for _ in range(500):
        model.step(OFF)
    assert all(39.9 < temperature_c < INVALID_FROM_C for temperature_c in model.room_c.values())


def test_the_room_near_the_air_conditioner_cools_faster_and_both_fall_below_the_threshold() -> None:
    model = HouseModel(ROOMS, seed=7, start_c=36.0)
    before = model.room_c
    model.step({1: True, 2: False})
    after = model.room_c
    changes = {sensor_id: after[sensor_id] / before[sensor_id] - 1 for sensor_id in after}
    assert changes == pytest.approx({1: -0.012, 2: -0.008, 3: 0.008, 4: 0.008})
    for _ in range(300):
        model.step(ON)
    assert all(5 < temperature_c < OFF_BELOW_C for temperature_c in model.room_c.values())


def test_a_house_colder_than_an_air_conditioner_makes_it_does_not_jump() -> None:
    model = HouseModel(ROOMS, seed=7, start_c=2.0)
    before = model.room_c
    model.step(ON)
    assert model.room_c == before


def test_five_readings_in_a_hundred_are_artefacts_that_do_not_touch_the_room() -> None:
    model = HouseModel(ROOMS, seed=3)
    readings = [one for _ in range(5000) for one in model.step(OFF)]
    made_up = [one.temperature_c for one in readings if one.is_artefact]
    true = [one.temperature_c for one in readings if not one.is_artefact]
    assert 0.045 < len(made_up) / len(readings) < 0.055
    assert min(made_up) > INVALID_FROM_C
    assert 49 < max(made_up) <= 50
    assert max(true) < INVALID_FROM_C
    assert max(true) > ON_ABOVE_C


def test_the_true_temperature_goes_on_under_an_artefact() -> None:
    model = HouseModel(ROOMS[:1], seed=1)
    for _ in range(60):
        before = model.room_c[1]
        measured = model.step(OFF)[0]
        assert model.room_c[1] == pytest.approx(min(before * 1.008, 39.99))
        if not measured.is_artefact:
            assert measured.temperature_c == pytest.approx(model.room_c[1], abs=0.011)


def run(seed: int, zones: int = 2) -> list[list[Measured]]:
    model = HouseModel(plan_rooms(zones, 2), seed)
    return [model.step({1: 70 < step < 130, 2: step > 90}) for step in range(200)]


def test_the_same_seed_gives_the_same_run_and_another_seed_another() -> None:
    assert run(7) == run(7)
    assert run(7) != run(8)


def test_a_sensor_reads_the_same_however_many_others_there_are() -> None:
    small, large = run(7), run(7, zones=5)
    assert [step[:4] for step in large] == small


def test_no_reading_is_a_whole_number_and_none_has_more_than_two_decimals() -> None:
    model = HouseModel(plan_rooms(10, 10), seed=5)
    readings = [one.temperature_c for _ in range(300) for one in model.step(ON)]
    assert not [one for one in readings if one.is_integer()]
    assert all(math.isclose(one, round(one, 2)) for one in readings)

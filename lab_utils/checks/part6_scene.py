"""Three minutes of a house, as the checks of part 6 send them: what queries are judged by."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations

import pandas as pd
from botocore.exceptions import ClientError

from lab_utils.checks import records
from lab_utils.checks.base import CheckContext
from lab_utils.checks.functions import ZONES
from lab_utils.checks.part6_files import Window
from lab_utils.checks.readings import SENSORS, Reading, any_temperature, make_reading
from lab_utils.checks.storage import take_item
from lab_utils.errors import CheckError, QueryError
from lab_utils.house.topics import sensor_name, sensor_topic
from lab_utils.lab_time import Timeline
from lab_utils.mqtt import Device
from lab_utils.queries import run_query
from lab_utils.query_text import literal
from lab_utils.thresholds import INVALID_FROM_C
from lab_utils.waiting import wait_for

Span = tuple[int, int]
_HOT, _MILD, _COLD = ((30, 32), (34, 36)), ((24, 26), (27, 29)), ((8, 9), (16, 18))
_MINUTES: tuple[tuple[tuple[Span, Span], tuple[Span, Span]], ...] = (
    (_HOT, _COLD),
    (_MILD, _MILD),
    (_COLD, _HOT),
)
"""The rooms' degrees by minute and zone: each zone is mild once after being switched on, once off.
A cold room is below 10, where a text sorts behind '35'; no mean of a hot zone is above 35."""
ON_ABOVE_C, OFF_BELOW_C = (27.7, 28.3), (13.6, 15.8)
"""Between which thresholds to ask: a mean with an artefact in it is on their other side."""
_NEARLY_INVALID = (39, 40)
_ARTEFACT = (46, 48)
_ROUNDS = (3, 2)
"""How often each of a zone's two sensors reports in a minute: a mean of the two rooms' means is
another than that of the readings."""
_EARLY_S, _INTO_S = 20.0, 60.5
"""A running minute is good enough up to here; another one is begun a little after it began."""
_APART_C = 0.2
_YOUNG = timedelta(minutes=9)
_PATIENCE = 3
_ANSWER_S = 10.0
_SLOW_SPEED = 10
_KEPT = "part6-scene"


@dataclass(frozen=True)
class Scene:
    """What is stored of the readings that the checks sent.

    Attributes:
        began: The time of the first, in lab time.
        ids: The ids of all, artefacts included.
        valid_ids: The ids of those that are no artefacts.
    """

    began: pd.Timestamp
    ids: frozenset[str]
    valid_ids: frozenset[str]

    def window(self, context: CheckContext) -> Window:
        """Return the window of time from the scene's first minute until now."""
        return self.began.floor("min"), pd.Timestamp(context.timeline().now())

    def later_window(self, context: CheckContext) -> Window:
        """Return the window that leaves out the first minute in which readings came."""
        first = self.own(read_raw(context, self.began))["minute"].min()
        return first + pd.Timedelta(minutes=1), self.window(context)[1]

    def own(self, raw: pd.DataFrame) -> pd.DataFrame:
        """Return those of some readings that the checks sent."""
        return raw[raw["id"].isin(self.ids)]


def play_scene(context: CheckContext, statement: str) -> Scene:
    """Return the scene that was sent before if the statement can find it, else send it now.

    Args:
        context: What the check may use.
        statement: One that looks back from now finds what is young only.

    Raises:
        CheckError: Readings are not stored.
        MqttError: No device can connect and publish.
    """
    kept = context.memory.get(_KEPT)
    records.require_table(context)
    is_told_when = "{begin}" in statement
    if (
        isinstance(kept, Scene)
        and (is_told_when or context.timeline().now() - kept.began < _YOUNG)
        and _is_stored(context, kept)
    ):
        return kept
    scene = _send(context)
    # A machine that stalls may spread a minute's readings over two.
    for _again in range(_PATIENCE - 1):
        if _is_telling(scene.own(read_raw(context, scene.began))):
            break
        scene = _send(context)
    context.memory[_KEPT] = scene
    return scene


def read_raw(context: CheckContext, since: datetime) -> pd.DataFrame:
    """Return every reading that is stored from a time on, as pandas makes numbers of it.

    Returns:
        ``time``, ``minute`` (both datetime64[ns, UTC]), ``sensor_id``, ``zone_id`` (Int64),
        ``temperature`` (Float64) and ``id``, by time.
    """
    frame = run_query(
        context.client("timestream-query"),
        "SELECT time, bin(time, 1m) AS minute, sensor_id, zone_id, temperature, "
        f'measure_value::varchar AS id FROM "{records.DATABASE}"."{records.TABLE}" '
        f"WHERE measure_name = 'id' AND time >= {literal(since)} ORDER BY time",
    )
    for name in ("sensor_id", "zone_id", "temperature"):
        frame[name] = pd.to_numeric(frame[name], errors="coerce")
    kinds = {"sensor_id": "Int64", "zone_id": "Int64", "temperature": "Float64"}
    return frame.dropna().astype(kinds).reset_index(drop=True)


def valid(raw: pd.DataFrame) -> pd.DataFrame:
    """Return the readings that are no artefacts."""
    return raw[raw["temperature"] < INVALID_FROM_C]


def _send(context: CheckContext) -> Scene:
    """Send the readings of three minutes, each at its beginning."""
    timeline = context.timeline()
    if timeline.speed < _SLOW_SPEED:
        minutes = math.ceil(len(_MINUTES) / timeline.speed)
        context.report(f"  the check sends readings for about {minutes} min")
    sent: dict[str, Reading] = {}
    began = timeline.now()
    with _sensors(context, sent) as devices:
        for number, weather in enumerate(_MINUTES):
            _wait_for_a_minute(timeline, is_running_one_good=number == 0)
            readings = list(_minute(weather))
            _publish(devices, readings)
            sent |= {one["id"]: one for one in readings}
    artefacts = {key for key, one in sent.items() if one["temperature"] >= INVALID_FROM_C}
    scene = Scene(pd.Timestamp(began), frozenset(sent), frozenset(sent.keys() - artefacts))
    _wait_until_stored(context, scene)
    with suppress(ClientError):  # The table of part 2, which may not be there.
        for reading_id in artefacts:
            take_item(context, reading_id, 0.0)
    return scene


@contextmanager
def _sensors(context: CheckContext, sent: dict[str, Reading]) -> Iterator[dict[int, Device]]:
    """Connect the four sensors; each shows by a first reading that it may publish."""
    devices: dict[int, Device] = {}
    with ExitStack() as connections:
        for zone, rooms in zip(ZONES, _MINUTES[0], strict=True):
            for sensor, room in zip(SENSORS[zone], rooms, strict=True):
                reading = make_reading(any_temperature(*room), sensor, zone)
                sent[reading["id"]] = reading
                device = context.connect(sensor_name(sensor), _publisher(sensor, reading))
                connections.callback(device.disconnect)
                devices[sensor] = device
        yield devices


def _publisher(sensor: int, reading: Reading) -> Callable[[Device], object]:
    topic = sensor_topic(sensor_name(sensor))
    return lambda device: device.publish(topic, reading)


def _wait_for_a_minute(timeline: Timeline, *, is_running_one_good: bool) -> None:
    """Wait for the next minute to begin, if the running one is not good enough."""
    now = timeline.now()
    into_s = now.second + now.microsecond / 1e6
    if not is_running_one_good or into_s > _EARLY_S:
        time.sleep(timeline.real_seconds(_INTO_S - into_s))


def _minute(weather: tuple[tuple[Span, Span], tuple[Span, Span]]) -> Iterator[Reading]:
    for zone, rooms in zip(ZONES, weather, strict=True):
        first, second = SENSORS[zone]
        for sensor, room, rounds in zip((first, second), rooms, _ROUNDS, strict=True):
            spans = [room] * rounds
            if rooms is _HOT and sensor == second:
                spans[0] = _NEARLY_INVALID
            yield from (make_reading(one, sensor, zone) for one in _temperatures(spans))
        if rooms is not _HOT:
            yield make_reading(any_temperature(*_ARTEFACT), first, zone)


def _temperatures(spans: list[Span]) -> list[float]:
    """Return temperatures that are told apart: Timestream takes equal ones of a moment for one."""
    while True:
        found = [any_temperature(*span) for span in spans]
        pairs = combinations(found, 2)
        if all(abs(one - other) > _APART_C for one, other in pairs):
            return found


def _publish(devices: dict[int, Device], readings: list[Reading]) -> None:
    answers = []
    for reading in readings:
        sensor = int(reading["sensor_id"])
        topic = sensor_topic(sensor_name(sensor))
        answers.append(devices[sensor].publish_soon(topic, json.dumps(reading).encode()))
    for answer in answers:
        answer.result(_ANSWER_S)


def _is_stored(context: CheckContext, scene: Scene) -> bool:
    try:
        return scene.valid_ids <= set(read_raw(context, scene.began)["id"])
    except QueryError as error:
        if "does not exist" in error.happened:  # Columns come with the first records.
            return False
        raise


def _wait_until_stored(context: CheckContext, scene: Scene) -> None:
    if wait_for(lambda: _is_stored(context, scene) or None, context.timeout_s) is None:
        raise CheckError(
            "send readings",
            f"the check has sent {len(scene.valid_ids)} valid readings of four sensors, and not "
            f"all are in {records.NAME}",
            "first part3-readings and part3-dimensions.",
        )


def _is_telling(own: pd.DataFrame) -> bool:
    """Return whether the means of the minutes are as far apart as they were meant to be."""
    means = valid(own).groupby(["zone_id", "minute"])["temperature"].mean()
    low, high = OFF_BELOW_C[0], ON_ABOVE_C[1]
    return all(
        (of_zone > high).any() and (of_zone < low).any() and of_zone.between(low, high).any()
        for of_zone in (means.loc[zone] for zone in ZONES)
    )

"""The connections of the house, with devices of the test's own: what is sent, kept, sent again."""

from __future__ import annotations

import json
import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lab_utils.errors import MqttError
from lab_utils.house import house as house_module
from lab_utils.house.dispatches import Dispatch
from lab_utils.house.fleet import REFUSED_S, SILENT_S, Fleet
from lab_utils.house.outbox import KEPT_READINGS, MOST_ON_THE_WAY, Answer, Outbox
from lab_utils.house.rooms import plan_rooms
from lab_utils.lab_time import Timeline
from lab_utils.mqtt import Device, Message
from lab_utils.mqtt_errors import OutageError

ROOMS = plan_rooms(2, 2)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
BROKEN = OutageError("publish", "The connection broke.", "send it again.")
DENIED = MqttError("publish", "The broker refused it.", "see the policy.")


@dataclass
class FakeInbox:
    failure: Exception | None = None


@dataclass
class FakeDevice:
    client_id: str = "mqtt-test-client"
    all: dict[str, FakeDevice] = field(default_factory=dict)
    refuses: BaseException | None = None
    outages: int = 0
    is_connected: bool = False
    is_taken_over: bool = False
    trouble: MqttError | None = None
    sent: list[tuple[str, bytes, Future[None]]] = field(default_factory=list)
    inbox: FakeInbox = field(default_factory=FakeInbox)
    hear: Any = None

    def sibling(self, client_id: str) -> FakeDevice:
        self.all[client_id] = FakeDevice(client_id, self.all, self.refuses, self.outages)
        return self.all[client_id]

    def connect(self) -> None:
        if self.refuses is not None and self.client_id == "temp_3":
            raise self.refuses
        if self.outages:
            self.outages -= 1
            raise BROKEN
        self.is_connected = True

    def disconnect(self) -> None:
        self.is_connected = False

    def publish_soon(self, topic: str, data: bytes) -> Future[None]:
        answer: Future[None] = Future()
        self.sent.append((topic, data, answer))
        return answer

    def subscribe(self, topic_filter: str, *, on_message: Any) -> FakeInbox:
        assert topic_filter == f"AC/{self.client_id}"
        self.hear = on_message
        return self.inbox

    @property
    def payloads(self) -> list[Any]:
        return [json.loads(data) for _, data, _ in self.sent]


def reading(number: int, sensor_id: int = 1) -> Dispatch:
    time = BEGIN + timedelta(seconds=5 * number)
    return Dispatch(time, ROOMS[sensor_id - 1], 20.16 + number, is_artefact=False)


@pytest.fixture
def device() -> FakeDevice:
    return FakeDevice("temp_1", is_connected=True)


@pytest.fixture
def answers() -> deque[Answer]:
    return deque()


@pytest.fixture
def outbox(device: FakeDevice, answers: deque[Answer]) -> Outbox:
    return Outbox(ROOMS[0], device, answers)


def test_a_message_is_the_practicals_and_its_id_is_no_others(
    outbox: Outbox, device: FakeDevice
) -> None:
    assert outbox.offer(reading(0))
    assert outbox.offer(reading(1))
    first, second = device.payloads
    assert device.sent[0][0] == "sensor/temperature/temp_1"
    assert {**first, "id": ""} == {"id": "", "temperature": 20.16, "sensor_id": 1, "zone_id": 1}
    assert list(first) == ["id", "temperature", "sensor_id", "zone_id"]
    assert first["id"] != second["id"]
    assert len(first["id"]) == 36


def test_without_a_connection_readings_are_kept_and_then_sent_in_their_order(
    outbox: Outbox, device: FakeDevice
) -> None:
    device.is_connected = False
    kept = [reading(number) for number in range(3)]
    assert [outbox.offer(one) for one in kept] == [False] * 3
    assert outbox.kept == 3
    assert outbox.send_kept() == 0
    device.is_connected = True
    newest = reading(3)
    assert not outbox.offer(newest)
    assert outbox.send_kept() == 4
    assert [one["temperature"] for one in device.payloads] == [20.16, 21.16, 22.16, 23.16]
    assert all(one.was_held_up for one in [*kept, newest])


def test_beyond_what_can_be_kept_the_oldest_readings_are_lost_and_say_so(
    outbox: Outbox, device: FakeDevice
) -> None:
    device.is_connected = False
    readings = [reading(number) for number in range(KEPT_READINGS + 2)]
    for one in readings:
        outbox.offer(one)
    assert [one.status for one in readings[:3]] == ["lost", "lost", ""]
    assert outbox.kept == KEPT_READINGS
    outbox.give_up()
    assert {one.status for one in readings} == {"lost"}
    assert outbox.kept == 0


def test_no_more_is_on_the_way_than_a_connection_may_have(
    outbox: Outbox, device: FakeDevice
) -> None:
    were_sent = [outbox.offer(reading(number)) for number in range(MOST_ON_THE_WAY + 5)]
    assert were_sent == [True] * MOST_ON_THE_WAY + [False] * 5
    assert len(device.sent) == MOST_ON_THE_WAY
    assert outbox.send_kept() == 0


class Clock:
    def __init__(self) -> None:
        self.now_s = 50.0

    def __call__(self) -> float:
        return self.now_s


class House:
    """A fleet of fake devices, and what they were given."""

    def __init__(self, refuses: MqttError | None = None, outages: int = 0) -> None:
        self.clock, self.first = Clock(), FakeDevice(refuses=refuses, outages=outages)
        self.fleet = Fleet(cast(Device, self.first), ROOMS, lambda: BEGIN, self.clock)

    def device(self, client_id: str) -> FakeDevice:
        return self.first.all[client_id]

    def answer(self, sensor_id: int, error: MqttError | None = None) -> None:
        answer = self.device(f"temp_{sensor_id}").sent[-1][2]
        if error is None:
            answer.set_result(None)
        else:
            answer.set_exception(error)


@pytest.fixture
def house() -> House:
    made = House()
    made.fleet.connect()
    return made


def test_every_device_connects_under_the_practicals_client_ids(house: House) -> None:
    names = {"temp_1", "temp_2", "temp_3", "temp_4", "AC-1", "AC-2"}
    assert {name for name, one in house.first.all.items() if one.is_connected} == names
    assert house.fleet.is_answering
    assert house.fleet.trouble() is None
    house.fleet.close()
    assert not any(one.is_connected for one in house.first.all.values())


def test_if_one_cannot_connect_all_are_disconnected_and_no_thread_is_left() -> None:
    house = House(refuses=DENIED)
    with pytest.raises(MqttError, match="refused"):
        house.fleet.connect()
    assert not any(one.is_connected for one in house.first.all.values())
    assert not [one for one in threading.enumerate() if one.name.startswith("house")]


def test_a_broker_that_is_busy_is_asked_again_and_one_that_is_gone_is_not_asked_for_ever() -> None:
    House(outages=2).fleet.connect()
    with pytest.raises(OutageError):
        House(outages=3).fleet.connect()


def test_an_acknowledged_reading_is_sent_and_one_that_broke_off_is_sent_again_as_late(
    house: House,
) -> None:
    smooth, rough = reading(0, 1), reading(0, 2)
    assert house.fleet.offer(smooth)
    assert house.fleet.offer(rough)
    assert house.fleet.on_the_way == 2
    house.answer(1)
    house.answer(2, BROKEN)
    house.fleet.take_answers()
    assert (smooth.status, rough.status) == ("sent", "")
    assert (house.fleet.on_the_way, house.fleet.kept) == (0, 1)
    house.fleet.send_kept()
    first, again = house.device("temp_2").payloads
    assert first == again
    house.answer(2)
    house.fleet.take_answers()
    assert rough.status == "late"
    assert (house.fleet.on_the_way, house.fleet.kept) == (0, 0)


def test_readings_that_break_off_after_newer_ones_were_kept_go_out_first(house: House) -> None:
    device = house.device("temp_1")
    house.fleet.offer(reading(0))
    device.is_connected = False
    house.fleet.offer(reading(1))
    house.answer(1, BROKEN)
    house.fleet.take_answers()
    device.is_connected = True
    house.fleet.send_kept()
    assert [one["temperature"] for one in device.payloads[1:]] == [20.16, 21.16]


def test_a_denied_reading_is_lost_and_is_trouble(house: House) -> None:
    denied = reading(0)
    house.fleet.offer(denied)
    house.answer(1, DENIED)
    house.fleet.take_answers()
    assert denied.status == "lost"
    assert house.fleet.trouble() is DENIED


def test_the_broker_counts_as_gone_if_no_connection_stands_or_nothing_is_answered(
    house: House,
) -> None:
    house.fleet.offer(reading(0))
    house.clock.now_s += SILENT_S - 1
    assert house.fleet.is_answering
    house.clock.now_s += 1
    assert not house.fleet.is_answering
    house.answer(1)
    house.fleet.take_answers()
    assert house.fleet.is_answering
    house.clock.now_s += 10 * SILENT_S
    assert house.fleet.is_answering
    for device in house.first.all.values():
        device.is_connected = False
    assert not house.fleet.is_answering


def test_the_patience_for_an_answer_begins_when_what_was_kept_is_sent(house: House) -> None:
    sensor = house.device("temp_1")
    sensor.is_connected = False
    house.fleet.offer(reading(0))
    house.clock.now_s += 2 * SILENT_S
    sensor.is_connected = True
    house.fleet.send_kept()
    assert house.fleet.on_the_way == 1
    assert house.fleet.is_answering
    house.clock.now_s += SILENT_S
    assert not house.fleet.is_answering


def test_an_interrupt_while_the_devices_connect_ends_a_run_that_has_not_begun() -> None:
    class Unwatched:
        def finish(self, *_result: object, **_given: object) -> None:
            raise AssertionError("finished without a start")

    said: list[str] = []
    first = FakeDevice(refuses=KeyboardInterrupt())
    lab: Any = SimpleNamespace(device=lambda: first, timeline=Timeline.of_wall_clock)
    sent, switches = house_module.House(lab, report=said.append).run(30, cast(Any, Unwatched()))
    assert sent.empty
    assert not switches
    assert said[0].startswith("stopped: 0 lab minutes")
    assert not any(device.is_connected for device in first.all.values())


def test_another_client_with_the_same_id_is_trouble_at_once(house: House) -> None:
    device = house.device("temp_2")
    device.is_connected, device.is_taken_over = False, True
    device.trouble = MqttError("keep 'temp_2' connected", "taken over.", "see.")
    trouble = house.fleet.trouble()
    assert trouble is not None
    assert "the other house" in trouble.next_step


def test_a_refused_connection_is_trouble_only_if_it_stays_so(house: House) -> None:
    device = house.device("temp_2")
    device.is_connected, device.trouble = False, DENIED
    assert house.fleet.trouble() is None
    house.clock.now_s += REFUSED_S
    assert house.fleet.trouble() is DENIED
    device.trouble = BROKEN
    assert house.fleet.trouble() is None
    device.is_connected, device.trouble = True, None
    assert house.fleet.trouble() is None
    device.is_connected, device.trouble = False, DENIED
    assert house.fleet.trouble() is None


def test_a_subscription_that_is_refused_after_an_outage_is_trouble(house: House) -> None:
    house.device("AC-2").inbox.failure = DENIED
    assert house.fleet.trouble() is DENIED


def test_commands_come_with_their_lab_time_and_end_the_wait(house: House) -> None:
    house.device("AC-2").hear(Message("AC/AC-2", b'{"state": {"enabled": true}}'))
    house.device("AC-1").hear(Message("AC/AC-1", b"?"))
    first, second = house.fleet.wait(60)
    assert (first.time, first.zone_id, first.is_on) == (BEGIN, 2, True)
    assert (second.zone_id, second.is_on) == (1, None)
    assert house.fleet.wait(0) == []
    house.fleet.wake()
    assert house.fleet.wait(60) == []


def test_devices_that_move_keep_what_they_have_not_delivered(house: House) -> None:
    house.fleet.offer(reading(0, 4))
    house.answer(4, BROKEN)
    house.fleet.take_answers()
    elsewhere = FakeDevice()
    old = dict(house.first.all)
    house.fleet.reconnect(cast(Device, elsewhere))
    assert not any(one.is_connected for one in old.values())
    assert all(one.is_connected for one in elsewhere.all.values())
    house.fleet.send_kept()
    assert [one["temperature"] for one in elsewhere.all["temp_4"].payloads] == [20.16]

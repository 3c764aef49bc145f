"""The benchmark's MQTT packets and readings."""

from __future__ import annotations

import json

from lab_utils.bench.house import HOT_SHARE, hot_count, reading_packets
from lab_utils.bench.raw_mqtt import connect_packet, publish_packet


def test_a_connect_packet_is_that_of_mqtt_3_1_1() -> None:
    assert connect_packet("a") == b"\x10\x0d\x00\x04MQTT\x04\x02\x02\x58\x00\x01a"


def test_a_publish_packet_has_its_length_topic_and_id() -> None:
    assert publish_packet(0, "t", b"{}") == b"\x32\x07\x00\x01t\x00\x01{}"
    long = publish_packet(65535, "t", b"x" * 200)
    assert long[:3] == b"\x32\xcd\x01"
    assert long[6:8] == b"\x00\x01"


def test_each_reading_has_a_temperature_of_its_own_that_is_no_whole_number() -> None:
    packets = reading_packets(7, 200)
    readings = [json.loads(packet[packet.index(b'{"id"') :]) for packet in packets]
    temperatures = [reading["temperature"] for reading in readings]
    assert len(set(temperatures)) == len(temperatures)
    assert not [one for one in temperatures if one == int(one)]
    assert {(one["sensor_id"], one["zone_id"]) for one in readings} == {
        (1, 1),
        (2, 1),
        (3, 2),
        (4, 2),
    }
    assert sum(one >= 40 for one in temperatures) == hot_count(7, 200) == 200 // HOT_SHARE

"""Topic filters of rules, in the words of AWS's examples."""

from __future__ import annotations

import pytest

from lab_utils.local_aws.rules.topics import TopicFilter, split_basic_ingest


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("sensor/#", "sensor/"),
        ("sensor/#", "sensor/temperature"),
        ("sensor/#", "sensor/temperature/room1"),
        ("sensor/+/room1", "sensor/temperature/room1"),
        ("sensor/+/room1", "sensor//room1"),
        ("+/+", "a/b"),
        ("+/+", "/b"),
        ("#", "a"),
        ("#", "a/b/c"),
        ("#", "$aws/things/a/shadow/update"),
        ("+/things/#", "$aws/things/a/shadow/update"),
        ("$aws/events/#", "$aws/events/presence/connected/a"),
        ("sensor", "sensor"),
        ("+", "sensor"),
    ],
)
def test_a_filter_takes_these_topics(text: str, topic: str) -> None:
    taken = TopicFilter(text)
    assert taken.matches(topic)
    assert taken.mismatch(topic) == ""


@pytest.mark.parametrize(
    ("text", "topic", "reason"),
    [
        ("sensor/#", "sensor", "'sensor/#' takes what is below 'sensor', not 'sensor' itself"),
        ("sensor/+", "sensor/a/b", "'sensor/+' takes 2 levels, and 'sensor/a/b' has 3"),
        ("sensor/+", "sensor", "'sensor/+' takes 2 levels, and 'sensor' has 1"),
        ("+", "a/b", "'+' takes one level, and 'a/b' has 2"),
        ("sensor/+/room1", "sensor/t/room2", "level 3 is 'room2', and 'sensor/+/room1' wants"),
        ("Sensor", "sensor", "level 1 is 'sensor', and 'Sensor' wants 'Sensor'"),
        ("#", "$aws/events/presence/connected/a", "begins with a wildcard"),
        ("+/events/#", "$aws/events/presence/connected/a", "begins with a wildcard"),
    ],
)
def test_a_filter_says_why_it_does_not_take_a_topic(text: str, topic: str, reason: str) -> None:
    refused = TopicFilter(text)
    assert not refused.matches(topic)
    assert reason in refused.mismatch(topic)


def test_a_basic_ingest_topic_names_its_rule() -> None:
    assert split_basic_ingest("$aws/rules/hot/sensor/a") == ("hot", "sensor/a")
    assert split_basic_ingest("$aws/rules/hot") == ("hot", "")
    assert split_basic_ingest("$aws/things/hot/shadow/get") is None
    assert split_basic_ingest("aws/rules/hot") is None

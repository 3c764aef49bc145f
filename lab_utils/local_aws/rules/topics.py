"""Topic filters of rules: which topics they take, and why they do not take one.

Source:
    https://docs.aws.amazon.com/iot/latest/developerguide/topics.html
"""

from __future__ import annotations

BASIC_INGEST = "$aws/rules/"
_EVENTS = "$aws/events/"
_MOST_KNOWN = 1024
"""Devices publish on few topics, again and again."""


class TopicFilter:
    """The topic filter of a rule's ``FROM``.

    As in subscriptions, ``+`` takes one level and ``#`` what is left. Two things differ from the
    MQTT standard: ``sensor/#`` does not take ``sensor``, and a filter that begins with a wildcard
    takes ``$aws/things/...``, though not ``$aws/events/...``.

    Args:
        text: The filter, such as ``sensor/+/room1``.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._levels = text.split("/")
        self._is_plain = "+" not in text and "#" not in text
        self._takes_rest = self._levels[-1] == "#"
        self._fixed = self._levels[:-1] if self._takes_rest else self._levels
        self._known: dict[str, bool] = {}

    def matches(self, topic: str) -> bool:
        """Return whether the filter takes a topic."""
        if self._is_plain:
            return topic == self.text
        known = self._known.get(topic)
        if known is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            known = self._known[topic] = self._mismatch(topic) is None
        return known

    def mismatch(self, topic: str) -> str:
        """Return why the filter does not take a topic; empty if it does."""
        return "" if self.matches(topic) else self._reason(topic)

    def _mismatch(self, topic: str) -> int | None:
        """Return the level, from 0, at which a topic leaves the filter; None if it never does."""
        if topic.startswith(_EVENTS) and self.text[0] in "+#":
            return 0
        levels, fixed = topic.split("/"), self._fixed
        for at, wanted in enumerate(fixed):
            if at >= len(levels) or (wanted != levels[at] and wanted != "+"):
                return at
        if self._takes_rest:
            return len(fixed) if len(levels) == len(fixed) else None
        return len(fixed) if len(levels) > len(fixed) else None

    def _reason(self, topic: str) -> str:
        levels, at = topic.split("/"), self._mismatch(topic) or 0
        if topic.startswith(_EVENTS) and self.text[0] in "+#":
            return f"'{self.text}' begins with a wildcard, which does not take {_EVENTS} topics"
        if at < len(self._fixed) and at < len(levels):
            return f"level {at + 1} is '{levels[at]}', and '{self.text}' wants '{self._fixed[at]}'"
        if at < len(self._fixed):
            return f"'{self.text}' takes {_count(self._fixed)}, and '{topic}' has {len(levels)}"
        if self._takes_rest:
            return f"'{self.text}' takes what is below '{topic}', not '{topic}' itself"
        return f"'{self.text}' takes {_count(self._fixed)}, and '{topic}' has {len(levels)}"


def split_basic_ingest(topic: str) -> tuple[str, str] | None:
    """Return the rule and the rest of a Basic Ingest topic; None for any other topic.

    Source:
        https://docs.aws.amazon.com/iot/latest/developerguide/iot-basic-ingest.html
    """
    if not topic.startswith(BASIC_INGEST):
        return None
    rule, _, rest = topic[len(BASIC_INGEST) :].partition("/")
    return rule, rest


def _count(levels: list[str]) -> str:
    return "one level" if len(levels) == 1 else f"{len(levels)} levels"

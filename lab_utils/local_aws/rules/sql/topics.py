"""Topic filters as a rule may name them.

Source: the AWS IoT developer guide, topics; the AWS General Reference, IoT Core quotas.
"""

from __future__ import annotations

MAX_FILTER_BYTES = 256


def filter_problem(topic_filter: str) -> str | None:
    """Return what is wrong with a topic filter, or None."""
    if not topic_filter:
        return "The topic filter is empty."
    if "\0" in topic_filter:
        return "A topic filter holds no NUL character."
    if len(topic_filter.encode()) > MAX_FILTER_BYTES:
        return f"A topic filter has at most {MAX_FILTER_BYTES} bytes."
    levels = topic_filter.split("/")
    for level in levels:
        if ("#" in level or "+" in level) and len(level) > 1:
            return f"In a topic filter # and + stand alone between slashes, unlike '{level}'."
    if "#" in levels[:-1]:
        return "In a topic filter # stands at the end only."
    return None

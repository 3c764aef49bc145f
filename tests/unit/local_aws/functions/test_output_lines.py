"""From pieces of output to entries of a log."""

from __future__ import annotations

from lab_utils.local_aws.functions.model import LogEvent
from lab_utils.local_aws.functions.output_lines import OutputLines


def test_a_line_is_an_entry_of_the_time_of_its_first_piece() -> None:
    lines = OutputLines()
    lines.printed(1, b"a")
    assert lines.take() == []
    lines.printed(2, b"b\nc\n\nd")
    lines.printed(3, b"e\n")
    assert lines.take() == [
        LogEvent(1, "ab\n"),
        LogEvent(2, "c\n"),
        LogEvent(2, "\n"),
        LogEvent(2, "de\n"),
    ]


def test_a_message_is_whole_and_ends_a_line_that_was_begun() -> None:
    lines = OutputLines()
    lines.printed(1, b"begun")
    lines.message(2, b"two\nlines\n")
    lines.printed(3, b"rest")
    lines.end_line()
    lines.end_line()
    assert [event.text for event in lines.take()] == ["begun", "two\nlines\n", "rest"]


def test_bytes_that_are_no_text_and_lines_that_are_too_long_get_through() -> None:
    lines = OutputLines()
    lines.printed(1, b"\xff\n" + b"x" * 300_000 + b"\n")
    odd, first, second = lines.take()
    assert odd.text == "\ufffd\n"
    assert len(first.text) == 262_118
    assert len(first.text) + len(second.text) == 300_001


def test_the_time_of_an_entry_is_told_in_milliseconds() -> None:
    assert LogEvent(1_999_999, "x").time_ms == 1

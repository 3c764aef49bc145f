"""What is said while a batch is graded."""

from __future__ import annotations

import io

from lab_utils.grading.batch.progress import Progress, spoken


class Terminal(io.StringIO):
    """Takes what a terminal would show."""

    def isatty(self) -> bool:
        return True


def test_lines_say_how_many_are_graded_and_how_long_the_rest_takes() -> None:
    now = [0.0]
    out = io.StringIO()
    progress = Progress(out, 5, lambda: now[0])
    progress.began("ada")
    progress.began("bob")
    now[0] = 30.0
    progress.ended("ada", "85 of 100", 2)
    progress.began("cy")
    now[0] = 50.0
    progress.ended("bob", "0 of 100 (late: too slow)", 2)
    assert out.getvalue().splitlines() == [
        "1 of 5: ada, 85 of 100, 45 s left",
        # The mean is 40 s; cy has run for 20 s of them, and two have not begun.
        "2 of 5: bob, 0 of 100 (late: too slow), 50 s left",
    ]


def test_the_last_one_says_nothing_of_time_left() -> None:
    out = io.StringIO()
    progress = Progress(out, 1, lambda: 0.0)
    progress.began("ada")
    progress.ended("ada", "1 of 1", 1)
    assert out.getvalue() == "1 of 1: ada, 1 of 1\n"


def test_what_took_no_time_does_not_spoil_the_mean() -> None:
    out = io.StringIO()
    progress = Progress(out, 2, lambda: 0.0)
    progress.ended("ada", "0 of 1 (unreadable: no zip)", 1, was_graded=False)
    assert "left" not in out.getvalue()


def test_a_terminal_has_a_line_that_is_renewed_and_taken_away() -> None:
    out = Terminal()
    progress = Progress(out, 2, lambda: 0.0)
    progress.began("\x1b[31mada")
    progress.show(1)
    assert "0 of 2 graded; now �[31mada" in out.getvalue()
    progress.close()
    assert out.getvalue().endswith("\r\x1b[K")


def test_a_file_gets_plain_lines_only() -> None:
    out = io.StringIO()
    progress = Progress(out, 2)
    progress.began("ada")
    progress.show(1)
    progress.close()
    assert out.getvalue() == ""


def test_durations_are_told_as_one_says_them() -> None:
    assert [spoken(0.2), spoken(61), spoken(600), spoken(6000)] == [
        *("1 s", "61 s", "10 min", "1 h 40 min")
    ]

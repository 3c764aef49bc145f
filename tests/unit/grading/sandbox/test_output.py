"""What is kept of an enclosed program's output, and how it is cleaned."""

from __future__ import annotations

import io

import pytest

from lab_utils.grading.sandbox.output import Kept, clean


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"\x1b[31mred\x1b[0m", "red"),
        (b"\x1b]0;a new title\x07text", "text"),
        (b"\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\", "click"),
        (b"\x1b[2J\x1b[1;1H100 of 100 points", "100 of 100 points"),
        (b" 10 %\r 50 %\r100 %\n", "100 %\n"),
        (b"one\r\ntwo\r\n", "one\ntwo\n"),
        (b"\x1b]0;never ended\nnext line", "\nnext line"),
        (b"a\x00b\x08c\x7f", "a\\x00b\\x08c\\x7f"),
        ("x\u202egnp.exe".encode(), "x\\u202egnp.exe"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        ("21 °C\tZürich\n".encode(), "21 °C\tZürich\n"),
    ],
)
def test_what_would_act_on_a_terminal_is_left_out_or_shown(raw: bytes, shown: str) -> None:
    assert clean(raw) == shown


def test_nothing_that_is_cleaned_holds_an_escape() -> None:
    for number in range(256):
        assert "\x1b" not in clean(b"\x1b" + bytes([number]) + b"\x1b")


@pytest.mark.parametrize(
    "piece", ["x", "\r", "\x1b", "\x1b[", "\x1b[1", "\x1b]", "\x9b1;", "\x1b "]
)
def test_a_long_line_is_cleaned_in_one_pass(piece: str) -> None:
    text = clean(piece * 200_000)
    assert len(text) <= 8 * len(piece) * 200_000
    assert "\x1b" not in text


def test_of_a_flood_the_beginning_and_the_end_are_kept() -> None:
    kept = Kept(20)
    kept.read_from(io.BufferedReader(io.BytesIO(b"beginning " + b"x" * 100_000 + b" and end")))
    assert kept.text() == "beginning \n[99998 bytes are left out here]\nxx and end"


@pytest.mark.parametrize("size", [0, 5, 10, 19, 20])
def test_what_fits_is_kept_whole(size: int) -> None:
    kept = Kept(20)
    for _ in range(size):
        kept.add(b"a")
    assert kept.text() == "a" * size

"""The filter of system calls, run as the kernel runs it."""

from __future__ import annotations

import errno
import struct

import pytest

from lab_utils.grading.sandbox.call_filter import call_filter

X86_64, AARCH64, I386 = 0xC000003E, 0xC00000B7, 0x40000003
ALLOWED, REFUSED = 0x7FFF0000, 0x00050000 | errno.ENOSYS
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06


def run(program: bytes, machine: int, number: int, second_argument: int = 0) -> int:
    data = struct.pack("=IIQQQQQQQ", number, machine, 0, 0, second_argument, 0, 0, 0, 0)
    place, held = 0, 0
    instructions = list(struct.iter_unpack("=HBBI", program))
    while True:
        code, if_so, if_not, value = instructions[place]
        place += 1
        if code == LOAD:
            [held] = struct.unpack_from("=I", data, value)
        elif code == RETURN:
            return int(value)
        else:
            holds = held == value if code == EQUAL else held >= value
            assert code in (EQUAL, AT_LEAST)
            place += if_so if holds else if_not


@pytest.mark.parametrize("number", [319, 29, 248, 249, 250, 321, 425, 304])
def test_calls_that_go_around_the_limits_are_refused(number: int) -> None:
    assert run(call_filter("x86_64"), X86_64, number) == REFUSED


@pytest.mark.parametrize("number", [0, 1, 9, 56, 57, 59, 165, 272, 435])
def test_what_programs_and_bubblewrap_need_is_allowed(number: int) -> None:
    assert run(call_filter("x86_64"), X86_64, number) == ALLOWED


def test_typing_into_a_terminal_is_refused_and_other_requests_are_not() -> None:
    program = call_filter("x86_64")
    assert run(program, X86_64, 16, 0x5412) == REFUSED
    assert run(program, X86_64, 16, 0x541C) == REFUSED
    assert run(program, X86_64, 16, 0x5413) == ALLOWED


@pytest.mark.parametrize(("machine", "number"), [(I386, 1), (X86_64, 0x40000001), (AARCH64, 1)])
def test_calls_by_another_numbering_are_refused(machine: int, number: int) -> None:
    assert run(call_filter("x86_64"), machine, number) == REFUSED


def test_arm_has_numbers_of_its_own() -> None:
    program = call_filter("aarch64")
    assert run(program, AARCH64, 279) == REFUSED
    assert run(program, AARCH64, 319) == ALLOWED
    assert run(program, AARCH64, 29, 0x5412) == REFUSED


def test_a_machine_with_unknown_numbers_has_no_filter() -> None:
    assert call_filter("riscv64") == b""

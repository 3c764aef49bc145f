"""Packets to a device leave together, in their order, and none too late."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from lab_utils.local_aws.ministack_writes import GatheringWriter


class Writer:
    """What a stream writer was told."""

    transport = "the transport"

    def __init__(self) -> None:
        self.done: list[Any] = []

    def write(self, packet: bytes) -> None:
        self.done.append(packet)

    async def drain(self) -> None:
        self.done.append("drained")

    def close(self) -> None:
        self.done.append("closed")


def run(work: Callable[[Any], Awaitable[None]]) -> list[Any]:
    writer = Writer()
    plain: Any = writer

    async def main() -> None:
        await work(GatheringWriter(plain))

    asyncio.run(main())
    return writer.done


def test_packets_of_one_turn_leave_together() -> None:
    async def work(writer: Any) -> None:
        for packet in (b"a", b"b"):
            writer.write(packet)
        await asyncio.sleep(0)
        writer.write(b"c")
        await asyncio.sleep(0)

    assert run(work) == [b"ab", b"c"]


def test_many_packets_do_not_wait_for_the_turn_to_end() -> None:
    async def work(writer: Any) -> None:
        for _ in range(33):
            writer.write(b"x")

    assert run(work)[0] == b"x" * 32


def test_the_last_packets_leave_before_the_end() -> None:
    async def work(writer: Any) -> None:
        writer.write(b"bye")
        writer.close()
        await writer.drain()

    assert run(work) == [b"bye", "closed", "drained"]


def test_the_rest_is_that_of_the_writer() -> None:
    async def work(writer: Any) -> None:
        assert writer.transport == "the transport"

    assert run(work) == []

"""``ingest``: the rules of the practical, in messages per second."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psutil

from lab_utils.bench import embedded, house
from lab_utils.bench.outcome import BenchmarkError, Options, Outcome, Report, middle, middle_ratio
from lab_utils.bench.plain_ministack import plain_ministack
from lab_utils.bench.raw_mqtt import MqttAddress, RawPublisher
from lab_utils.waiting import wait_for

_MESSAGES, _ROUNDS = 20_000, 5
_WARM_UP = 1_000
_STORED_S = 120.0


@dataclass(frozen=True)
class _Tally:
    """A store, and how many rows it has to have.

    Attributes:
        store: Its name.
        count: Counts its rows.
        wanted: Returns how many rows the first so many messages are.
    """

    store: str
    count: Callable[[], int]
    wanted: Callable[[int], int]

    def wait(self, messages: int) -> None:
        """Return when the rows of so many messages are there.

        Raises:
            BenchmarkError: They do not all come, or there are more.
        """
        rows = self.wanted(messages)
        if wait_for(lambda: self.count() >= rows or None, _STORED_S) and self.count() == rows:
            return
        raise BenchmarkError(
            f"store {messages} messages",
            f"{self.store} has {self.count()} rows of {rows} after {_STORED_S:g} s.",
            "run it again with nothing else on the machine; if it stays so, messages get lost.",
        )


@dataclass
class _Side:
    """A broker, its rules, and what was measured on it.

    Attributes:
        client: Makes its boto3 clients.
        address: Where its device connects.
        process: The broker's process.
        tallies: Of each store that its rules write to.
        sent: How many messages it got.
        acknowledged_per_s: Each round's messages per second, until the last acknowledgement.
        stored_per_s: The same until everything was stored.
        processor_us: For how long the process computed, for each message of a round.
    """

    client: Callable[[str], Any]
    address: MqttAddress
    process: psutil.Process
    tallies: list[_Tally]
    sent: int = 0
    acknowledged_per_s: list[float] = field(default_factory=list)
    stored_per_s: list[float] = field(default_factory=list)
    processor_us: list[float] = field(default_factory=list)

    def measure(self, messages: int) -> None:
        """Send so many messages over a new connection, and wait until all are stored."""
        before_s, packets = self._computed_s(), house.reading_packets(self.sent, messages)
        with RawPublisher(self.address, "house") as publisher:
            started = time.perf_counter()
            publisher.publish(packets)
            acknowledged_s = time.perf_counter() - started
        self.sent += messages
        for tally in self.tallies:
            tally.wait(self.sent)
        self.acknowledged_per_s.append(messages / acknowledged_s)
        self.stored_per_s.append(messages / (time.perf_counter() - started))
        self.processor_us.append((self._computed_s() - before_s) / messages * 1e6)

    def forget(self) -> None:
        """Forget what was measured so far, which was to warm up."""
        self.acknowledged_per_s.clear()
        self.stored_per_s.clear()
        self.processor_us.clear()

    def _computed_s(self) -> float:
        """Return for how many seconds the process has computed so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


def ingest(options: Options, report: Report) -> Outcome:
    """Measure both rules of the practical against ministack alone with its DynamoDB rule.

    One connection over mutual TLS sends readings with QoS 1, of which one in twenty is hot. The
    embedded AWS runs both rules: hot readings to DynamoDB, all readings to Timestream, 4 records
    each. ministack alone, as it is published, runs only its DynamoDB rule. Every message has to
    be in every store in the end, or this fails.

    Returns:
        Ratios of messages per second, the embedded AWS to ministack; more is better.
        ``acknowledged`` until the last PUBACK, ``stored`` until everything could be counted.
        And ``processor``, of the time that the process computed for a message; less is better.
    """
    messages, rounds = options.size or _MESSAGES, options.rounds or _ROUNDS
    with _embedded_side() as ours, _plain_side() as plain:
        for number in range(-1, rounds):
            for side in (ours, plain):
                side.measure(messages if number >= 0 else min(messages, _WARM_UP))
                if number < 0:
                    side.forget()
            if number >= 0:
                report(f"round {number + 1} of {rounds}: {_last(ours)} to {_last(plain)}")
        return _outcome(ours, plain, messages, rounds)


def _outcome(ours: _Side, plain: _Side, messages: int, rounds: int) -> Outcome:
    figures: dict[str, Any] = {"messages_per_round": messages, "rounds": rounds}
    for name, side in (("embedded", ours), ("ministack", plain)):
        figures[f"{name}_acknowledged_per_s"] = middle(side.acknowledged_per_s)
        figures[f"{name}_stored_per_s"] = middle(side.stored_per_s)
        figures[f"{name}_processor_us_per_message"] = middle(side.processor_us)
        for tally in side.tallies:
            figures[f"{name}_rows_in_{tally.store}"] = tally.count()
        figures[f"{name}_messages"] = side.sent
    return Outcome(
        {
            "acknowledged": middle_ratio(ours.acknowledged_per_s, plain.acknowledged_per_s),
            "stored": middle_ratio(ours.stored_per_s, plain.stored_per_s),
            "processor": middle_ratio(ours.processor_us, plain.processor_us),
        },
        figures,
    )


def _last(side: _Side) -> str:
    return f"{side.acknowledged_per_s[-1]:.0f} messages/s"


@contextmanager
def _embedded_side() -> Iterator[_Side]:
    with embedded.temporary_workspace() as settings:
        target = embedded.start(settings)
        authority = target.authority()
        assert authority is not None
        address = house.make_device(
            target.client, settings.workspace, target.mqtt_port(), authority
        )
        house.make_role(target.client)
        house.make_hot_rule(target.client)
        house.make_timestream_rule(target.client)
        records = _Tally(
            "timestream",
            lambda: house.count_records(target.client),
            lambda sent: house.RECORDS_PER_MESSAGE * sent,
        )
        process = embedded.process(settings)
        yield _Side(target.client, address, process, [_hot_items(target.client), records])


@contextmanager
def _plain_side() -> Iterator[_Side]:
    with embedded.temporary_folder() as folder, plain_ministack(folder) as plain:
        address = house.make_device(plain.client, folder, plain.mqtt_port, plain.authority)
        house.make_role(plain.client)
        house.make_hot_rule(plain.client)
        yield _Side(plain.client, address, plain.process, [_hot_items(plain.client)])


def _hot_items(client: Callable[[str], Any]) -> _Tally:
    return _Tally(
        "dynamodb", lambda: house.count_items(client), lambda sent: house.hot_count(0, sent)
    )

"""A limit of time that does not count what the machine takes away."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from lab_utils.local_aws.functions import hosting
from lab_utils.local_aws.functions.hosting import TimeLimit, waited_s


@dataclass
class Machine:
    """A clock, and how long something waited for a processor."""

    now_s: float = 100.0
    waited_s: float | None = 40.0
    computed_s: float = 5.0

    def limit(self, limit_s: float, patience: float) -> TimeLimit:
        return TimeLimit(
            limit_s,
            patience,
            lambda: self.computed_s,
            lambda: self.now_s,
            lambda: self.waited_s,
        )

    def go_on(self, seconds: float, busy_s: float = 0.0) -> None:
        self.now_s += seconds
        if self.waited_s is not None:
            self.waited_s += busy_s


def test_on_a_quiet_machine_the_limit_is_the_wall_clock_s() -> None:
    machine = Machine()
    limit = machine.limit(3, 10)
    machine.go_on(2.5)
    assert limit.left_s() == pytest.approx(0.5)
    machine.go_on(1)
    assert limit.left_s() < 0


def test_time_in_which_the_machine_had_too_much_to_do_does_not_count() -> None:
    machine = Machine()
    limit = machine.limit(3, 10)
    machine.go_on(20, busy_s=19)
    assert limit.left_s() == pytest.approx(2)
    machine.go_on(11, busy_s=11)
    assert limit.left_s() == pytest.approx(-1), "patience has an end"


def test_who_has_computed_for_so_long_is_at_the_end_whatever_the_machine_does() -> None:
    machine = Machine()
    limit = machine.limit(3, 10)
    machine.go_on(12, busy_s=12)
    machine.computed_s += 2.5
    assert limit.left_s() == pytest.approx(0.5)
    machine.computed_s += 1
    assert limit.left_s() < 0


def test_without_patience_nobody_asks_the_machine() -> None:
    machine = Machine()
    limit = machine.limit(3, 1)
    machine.go_on(4, busy_s=4)
    assert limit.left_s() == pytest.approx(-1)


def test_where_the_system_tells_nothing_patience_alone_counts() -> None:
    machine = Machine(waited_s=None)
    limit = machine.limit(3, 10)
    machine.go_on(28)
    assert limit.left_s() == pytest.approx(2)
    machine.go_on(3)
    assert limit.left_s() < 0


def test_what_the_system_tells_is_read_in_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "cpu"
    monkeypatch.setattr(hosting, "_PRESSURE", place)
    assert waited_s() is None
    place.write_text("some avg10=98.49 avg60=98.74 avg300=98.15 total=13045503194\nfull total=1\n")
    assert waited_s() == pytest.approx(13045.503194)

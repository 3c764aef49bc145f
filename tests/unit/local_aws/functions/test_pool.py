"""Who gets which execution environment, and when one ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lab_utils.local_aws.functions.pool import Pool
from tests.unit.local_aws.functions.test_platform_log import FUNCTION

SDK = replace(FUNCTION, wants_sdk=True)


class Process:
    """Stands for a function's process, and for its environment too."""

    def __init__(self, function: Any = None, stream: str = "") -> None:
        self.function, self.stream, self.idle_since_s = function, stream, 0.0
        self.lives = True

    def is_alive(self) -> bool:
        return self.lives

    def end(self) -> None:
        self.lives = False


class Bench:
    def __init__(self) -> None:
        self.now_s = 1_000.0
        self.launched: list[bool] = []
        self.pool: Any = Pool(self.launch, lambda: self.now_s)  # type: ignore[arg-type]

    def launch(self, has_sdk: bool) -> Process:
        self.launched.append(has_sdk)
        return Process()

    def used(self, function: Any = FUNCTION, stream: str = "s") -> Process:
        """Return an environment that has done its work."""
        environment = Process(function, stream)
        self.pool.add(environment)
        self.pool.release(environment)
        return environment


@pytest.fixture
def bench() -> Any:
    made = Bench()
    yield made
    made.pool.close()


def test_an_environment_is_used_again_by_its_function_alone(bench: Bench) -> None:
    environment = bench.used()
    assert bench.pool.acquire(replace(FUNCTION, revision="other")) is None
    assert bench.pool.acquire(FUNCTION) is environment
    assert bench.pool.acquire(FUNCTION) is None, "one at a time"


def test_one_whose_process_ended_leaves_its_stream(bench: Bench) -> None:
    environment = bench.used(stream="first")
    environment.lives = False
    assert bench.pool.acquire(FUNCTION) is None
    assert bench.pool.stream_of_ended(FUNCTION) == "first"
    assert bench.pool.stream_of_ended(FUNCTION) is None


def test_a_function_that_changed_is_forgotten_though_it_is_busy(bench: Bench) -> None:
    idle, busy = bench.used(), Process(FUNCTION, "s")
    other = bench.used(replace(FUNCTION, name="other"))
    bench.pool.add(busy)
    bench.pool.forget(FUNCTION.place, FUNCTION.name, FUNCTION.version)
    assert (idle.lives, busy.lives, other.lives) == (False, True, True)
    bench.pool.release(busy)
    assert not busy.lives
    assert bench.pool.stream_of_ended(FUNCTION) is None


def test_another_version_is_not_forgotten(bench: Bench) -> None:
    environment = bench.used()
    bench.pool.forget(FUNCTION.place, FUNCTION.name, "$LATEST")
    assert environment.lives
    bench.pool.forget(FUNCTION.place, FUNCTION.name)
    assert not environment.lives


def test_the_process_that_waits_is_for_a_function_that_uses_the_sdk(bench: Bench) -> None:
    bench.pool.prepare()
    bench.pool.prepare()
    assert bench.launched == [True]
    bench.pool.process_for(FUNCTION)
    assert bench.launched == [True, False]
    waiting = bench.pool.process_for(SDK)
    assert bench.launched == [True, False]
    assert bench.pool.process_for(SDK) is not waiting
    assert bench.launched == [True, False, True]


def test_what_nobody_uses_ends_after_a_while(bench: Bench) -> None:
    old = bench.used(replace(FUNCTION, name="old"))
    bench.pool.prepare()
    bench.now_s += 200
    young = bench.used()
    bench.now_s += 200
    bench.pool.sweep()
    assert (old.lives, young.lives) == (False, True)
    assert bench.pool.process_for(SDK).lives
    assert bench.launched == [True], "one waits as long as functions are used"
    bench.pool.prepare()
    bench.now_s += 400
    bench.pool.sweep()
    bench.pool.process_for(SDK)
    assert not young.lives
    assert bench.launched == [True, True, True]


def test_a_process_that_waits_for_its_first_function_is_given_time(bench: Bench) -> None:
    bench.pool.prepare()
    bench.now_s += 100
    bench.pool.sweep()
    assert bench.pool.process_for(SDK).lives
    assert bench.launched == [True]


def test_the_end_of_the_lab_ends_all(bench: Bench) -> None:
    idle, busy = bench.used(), Process(FUNCTION, "s")
    bench.pool.add(busy)
    bench.pool.close()
    assert (idle.lives, busy.lives) == (False, False)
    bench.pool.release(busy)
    assert bench.pool.acquire(FUNCTION) is None

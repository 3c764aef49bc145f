"""Watching the loop once for several checks, and why it stays silent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lab_utils.checks import records
from lab_utils.checks.base import CheckContext, Finding
from lab_utils.checks.closed_loop import (
    COMMAND_HINT,
    LONGEST_S,
    SHORTEST_S,
    Command,
    Observation,
    watch_loop,
)
from lab_utils.checks.functions import (
    PUBLISH,
    SELECT,
    ZONES,
    command_arn,
    read_policy,
    require_function,
)
from lab_utils.checks.invocations import invoke
from lab_utils.checks.roles import decide
from lab_utils.checks.trigger import (
    look_at_code,
    look_at_permission,
    look_at_publishing_role,
    look_at_reading_role,
    look_at_schedule,
    own_schedules,
)
from lab_utils.errors import LabError
from lab_utils.house.topics import command_topic
from lab_utils.queries import run_query

_KEY = "closed loop"
_FRESH_S = 120.0
_WORTH_A_WORD_S = 20.0


@dataclass
class _Kept:
    """An observation, in which run and of what it was made, and which checks were told by it."""

    context: CheckContext
    wiring: object
    seen_at_s: float
    observation: Observation
    asked: set[str] = field(default_factory=set)


def observe_loop(context: CheckContext, check_id: str) -> Observation:
    """Return what the loop does; checks that follow each other share one observation.

    It answers each check once and is made anew for whoever asks again, or after the function, its
    role, its schedule or its policy have changed.

    Args:
        context: What the check may use.
        check_id: Who asks.

    Raises:
        CheckError: There is no function, or no table of readings.
        MqttError: The devices cannot do what those of the house do.
    """
    kept: _Kept | None = context.memory.get(_KEY)
    if kept is None or not _is_answer(kept, context, check_id):
        wiring, observation = _wiring(context), _observe(context)
        kept = context.memory[_KEY] = _Kept(context, wiring, time.monotonic(), observation)
    kept.asked.add(check_id)
    return kept.observation


def _is_answer(kept: _Kept, context: CheckContext, check_id: str) -> bool:
    if check_id in kept.asked:
        return False
    is_fresh = time.monotonic() - kept.seen_at_s < _FRESH_S
    return kept.context is context or (is_fresh and kept.wiring == _wiring(context))


def _wiring(context: CheckContext) -> object:
    """Return what the loop is made of, as far as part 4 makes it, to be compared."""
    table = records.require_table(context)
    function, schedules = require_function(context)
    own = own_schedules(function, schedules)
    targets = [one.target_of(function.arn) or function.arn for one in own]
    policies = [read_policy(context, function, target) for target in targets]
    needed = [(SELECT, table["Arn"]), ("timestream:DescribeEndpoints", "*")]
    needed += [(PUBLISH, command_arn(context, function.role, zone)) for zone in ZONES]
    return function, schedules, policies, [decide(context, function.role, *one) for one in needed]


def _observe(context: CheckContext) -> Observation:
    timeline = context.timeline()
    shortest_s, longest_s = (timeline.real_seconds(one) for one in (SHORTEST_S, LONGEST_S))
    if longest_s > _WORTH_A_WORD_S:
        context.report(
            f"The house is simulated, and the loop watched, for {shortest_s / 60:.0f} to "
            f"{longest_s / 60:.0f} minutes."
        )
    began = timeline.now()
    causes: list[Finding] = []

    def is_broken() -> bool:
        causes.extend(islice(find_causes(context), 1))
        return bool(causes)

    observation = watch_loop(context, is_broken)
    scenes = [scene for scene in (observation.first, observation.swapped) if scene]
    commands = [command for scene in scenes for command in scene.commands]
    if any(command.is_on is not None for command in commands):
        return observation
    why = causes[0] if causes else explain_silence(context, commands, began)
    return replace(observation, cause=why.seen, hint=why.hint)


def find_causes(context: CheckContext) -> Iterator[Finding]:
    """Yield what is seen to be broken between the readings and the commands, in their order."""
    looks: tuple[Callable[[CheckContext], Finding | None], ...] = (
        look_at_schedule,
        look_at_permission,
        _no_reading,
        look_at_code,
        look_at_reading_role,
        look_at_publishing_role,
    )
    for look in looks:
        # What cannot be looked at is no reason that could be told.
        with suppress(LabError, BotoCoreError, ClientError):
            found = look(context)
            if found and not found.passed:
                yield found


def explain_silence(context: CheckContext, commands: Sequence[Command], began: datetime) -> Finding:
    """Return the likeliest reason for which no air conditioner was told anything.

    Args:
        context: What the check may use.
        commands: What came, none of which can be read.
        began: The lab's time before.
    """
    if commands:
        return _unreadable(commands[0])
    cause = next(find_causes(context), None)
    if cause is None:
        with suppress(LabError, BotoCoreError, ClientError):
            cause = _whole_numbers(context)
    return cause or _nothing_sent(context, began)


def _unreadable(command: Command) -> Finding:
    seen = f"what came on {command_topic(command.zone)} was {command.text}"
    return Finding(False, seen, hint=COMMAND_HINT)


def _no_reading(context: CheckContext) -> Finding | None:
    sql = f'SELECT count(*) FROM "{records.DATABASE}"."{records.TABLE}" WHERE time > ago(15m)'
    count = run_query(context.client("timestream-query"), sql).iloc[0, 0]
    if count:
        return None
    seen = f"the readings that were sent are not in {records.NAME}"
    return Finding(False, seen, hint="first the checks of part 3: lab.checks(3).")


def _whole_numbers(context: CheckContext) -> Finding | None:
    """Return that the measure temperature takes whole numbers only, if it is so."""
    sql = f'SHOW MEASURES FROM "{records.DATABASE}"."{records.TABLE}"'
    measures = run_query(context.client("timestream-query"), sql)
    is_whole = (measures["measure_name"] == "temperature") & (measures["data_type"] == "bigint")
    if not is_whole.any():
        return None
    seen = (
        "the function runs and sends nothing; the measure temperature is a bigint, since its "
        "first value was a whole number, and readings with a decimal point are refused since"
    )
    hint = (
        "read the dimension instead, which is always there: CAST(temperature AS DOUBLE); or "
        "destroy the table and apply again."
    )
    return Finding(False, seen, hint=hint)


def _nothing_sent(context: CheckContext, began: datetime) -> Finding:
    function, _schedules = require_function(context)
    starts = _invocations(context, function.name, began)
    if starts == 0:
        seen = f"the log of {function.name} shows no invocation while the loop was watched"
        return Finding(False, seen, hint="look into the log: lab.logs(...).")
    times = "" if starts is None else f"{starts} times "
    topics = " and ".join(map(command_topic, ZONES))
    seen = f"{function.name} ran {times}without an error, and nothing came on {topics}"
    log = "\n  ".join(invoke(context, function).log)
    hint = (
        "does it take the mean of each zone by itself (GROUP BY zone_id), of the last minute? "
        "zone_id and temperature are texts in Timestream: is '1' compared with 1? Is the topic "
        f"{command_topic(1)}? print(...) what it finds, and read lab.logs({function.name!r})."
    )
    return Finding(False, f"{seen}; its log ends:\n  {log}" if log else seen, hint=hint)


def _invocations(context: CheckContext, name: str, began: datetime) -> int | None:
    """Return how often a function has run since then by its log, or None if that is not known."""
    pages: Any = context.client("logs").get_paginator("filter_log_events")
    since_ms = int(began.timestamp() * 1000)
    try:
        found = pages.paginate(logGroupName=f"/aws/lambda/{name}", startTime=since_ms)
        lines = [str(event["message"]) for page in found for event in page["events"]]
    except ClientError:
        return None
    return sum(line.startswith("START ") for line in lines)

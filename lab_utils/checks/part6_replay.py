"""What the Lambda would have decided minute by minute, with thresholds that the check chooses."""

from __future__ import annotations

import secrets

import pandas as pd

from lab_utils.checks import part6_columns as columns
from lab_utils.checks import part6_hints as hints
from lab_utils.checks.base import CheckContext, Finding
from lab_utils.checks.part6_columns import Key
from lab_utils.checks.part6_files import DECISIONS, read_file, read_window
from lab_utils.checks.part6_means import (
    Means,
    expected,
    find_keys,
    judge_keys,
    means_of,
    read_minutes,
)
from lab_utils.checks.part6_queries import ask
from lab_utils.checks.part6_scene import OFF_BELOW_C, ON_ABOVE_C, play_scene

NAMES = ("on_above_c", "off_below_c")
Decisions = dict[Key, bool | None]
_SAID = {True: "on", False: "off", None: "nothing"}
_ROUNDED_C = 0.01


def look_at_decisions(context: CheckContext) -> Finding:
    """Return whether the query decides as the Lambda would, by each minute's mean."""
    scene = play_scene(context, read_file(context, DECISIONS))
    limits = _between(*ON_ABOVE_C), _between(*OFF_BELOW_C)
    values = dict(zip(NAMES, limits, strict=True))
    question = read_window(context, DECISIONS, scene.window(context), values)
    before = read_minutes(context, scene)
    result = columns.numbered(ask(context, question))
    raw = read_minutes(context, scene)
    truth = {
        key: mean
        for key, mean in expected(context, scene, before, raw).items()
        if all(abs(mean - limit) > _ROUNDED_C for limit in limits)
    }
    place = find_keys(result, truth, raw)
    if isinstance(place, Finding):
        return place
    keys = columns.keys_of(result, *place)
    lack = judge_keys(keys, truth)
    if lack is not None:
        return lack
    said = {
        number: dict(zip(keys, map(columns.decision, result[number]), strict=True))
        for number in columns.places(result)
        if number not in place
    }
    return _judge(said, decide(truth, *limits), truth, raw, limits)


def decide(means: Means, on_above_c: float, off_below_c: float) -> Decisions:
    """Return on, off or nothing for each mean."""
    return {
        key: True if mean > on_above_c else False if mean < off_below_c else None
        for key, mean in means.items()
    }


def _between(low: float, high: float) -> float:
    """Return a threshold that no query can know, to hundredths."""
    return round(low + secrets.randbelow(round((high - low) * 100) + 1) / 100, 2)


def _judge(
    said: dict[int, Decisions],
    right: Decisions,
    means: Means,
    raw: pd.DataFrame,
    limits: tuple[float, float],
) -> Finding:
    number = columns.best(said, lambda one: len([k for k in right if said[one][k] is right[k]]))
    if number is None or not any(said[number][key] is not None for key in right):
        seen = "no column says on or off: no truth values, and no such words"
        return Finding(False, seen, hint="CASE WHEN ... THEN true WHEN ... THEN false END.")
    ours = {key: said[number][key] for key in right}
    if ours == right or ours == _carried(right, ours):
        return Finding(True, f"{len(right)} decisions are the Lambda's, with other thresholds too")
    wrong = min(key for key in right if ours[key] is not right[key])
    zone, limit = wrong[1], f"on above {limits[0]:g}, off below {limits[1]:g}"
    seen = f"with {limit}, a mean of {means[wrong]:.2f} in zone {zone} gives {_SAID[ours[wrong]]}"
    return Finding(
        False, seen, f"it gives {_SAID[right[wrong]]}", hint=_cause(ours, right, raw, limits)
    )


def _carried(right: Decisions, ours: Decisions) -> Decisions:
    """Return the decisions, each kept until the next; before a zone's first, whatever is said."""
    kept: dict[int, bool | None] = {}
    found: Decisions = {}
    for key in sorted(right):
        if right[key] is not None:
            kept[key[1]] = right[key]
        found[key] = kept.get(key[1], ours[key])
    return found


def _cause(
    ours: Decisions, right: Decisions, raw: pd.DataFrame, limits: tuple[float, float]
) -> str:
    between = [key for key in right if right[key] is None]
    if all(ours[key] is right[key] for key in right if key not in between):
        return (
            "between the thresholds nothing is said: the air conditioner stays as it is "
            "(hysteresis). CASE without ELSE gives NULL there."
        )
    with_artefacts = decide({key: means_of(raw)[key] for key in right}, *limits)
    if ours == with_artefacts:
        return hints.ARTEFACT
    swapped = {True: False, False: True, None: None}
    if ours == {key: swapped[one] for key, one in right.items()}:
        return "on above the upper threshold, off below the lower one: they are exchanged."
    return (
        "a CASE by each minute's mean of valid readings, as in zone_means.sql: above "
        "{on_above_c} true, below {off_below_c} false."
    )

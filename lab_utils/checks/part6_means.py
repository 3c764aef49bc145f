"""What a dashboard's means by zone and minute have to be, and what wrong ones come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from lab_utils.checks import part6_columns as columns
from lab_utils.checks import part6_hints as hints
from lab_utils.checks.base import CheckContext, Finding
from lab_utils.checks.functions import ZONES
from lab_utils.checks.part6_columns import Key
from lab_utils.checks.part6_files import MEANS, read_file, read_window
from lab_utils.checks.part6_queries import ask
from lab_utils.checks.part6_scene import Scene, play_scene, read_raw, valid
from lab_utils.errors import CheckError

Means = dict[Key, float]
_NEARLY_C = 39.0
_ENOUGH = 4
"""Fewer readings of the checks than this do not make a minute: they only just arrived in it."""


def look_at_means(context: CheckContext) -> Finding:
    """Return whether the query gives each zone's mean of each minute's valid readings."""
    scene = play_scene(context, read_file(context, MEANS))
    question = read_window(context, MEANS, scene.window(context))
    before = read_minutes(context, scene)
    result = columns.numbered(ask(context, question))
    raw = read_minutes(context, scene)
    truth = expected(context, scene, before, raw)
    place = find_keys(result, truth, raw)
    if isinstance(place, Finding):
        return place
    minute, zone = place
    keys = columns.keys_of(result, minute, zone)
    lack = judge_keys(keys, truth)
    if lack is not None:
        return lack
    candidates = [number for number in columns.numbers(result) if number != zone]
    right = {n: columns.fitting(result[n], keys, truth) for n in candidates}
    mean = columns.best(candidates, lambda number: len(right[number]))
    if mean is not None and right[mean] == truth.keys():
        return Finding(True, f"the means of {len(truth)} minutes of both zones are right")
    return _wrong_mean([result[number] for number in candidates], keys, truth, raw)


def read_minutes(context: CheckContext, scene: Scene) -> pd.DataFrame:
    """Return what is stored since the minute in which the scene began."""
    return read_raw(context, scene.began.floor("min"))


def means_of(readings: pd.DataFrame) -> Means:
    """Return the mean of some readings by minute and zone."""
    return by_zone(readings, "mean")


def by_zone(readings: pd.DataFrame, what: str) -> Means:
    """Return the mean, or another statistic that pandas knows, by minute and zone."""
    grouped = readings.groupby(["minute", "zone_id"])["temperature"].agg(what)
    keys = ((minute, int(zone)) for minute, zone in grouped.index)
    return dict(zip(keys, map(float, grouped), strict=True))


def expected(
    context: CheckContext, scene: Scene, before: pd.DataFrame, after: pd.DataFrame
) -> Means:
    """Return the means that a query between two looks had to find.

    They are those of the minutes in which the checks sent readings. One that still runs need not
    be among them, nor one that another house has changed meanwhile.

    Raises:
        CheckError: There is no such minute.
    """
    running = pd.Timestamp(context.timeline().now()).floor("min")
    sent = by_zone(scene.own(valid(after)), "count")
    earlier = means_of(valid(before))
    found = {
        key: mean
        for key, mean in means_of(valid(after)).items()
        if sent.get(key, 0) >= _ENOUGH and key[0] < running and earlier.get(key) == mean
    }
    if not found:
        raise CheckError(
            "know the means of some minutes",
            "the readings of the check are in no minute that was over and stayed as it was",
            "try again; if a house runs beside it, stop that first.",
        )
    return found


def find_keys(result: pd.DataFrame, truth: Means, raw: pd.DataFrame) -> tuple[int, int] | Finding:
    """Return the columns of minutes and zones, or what is wrong with them."""
    place = columns.find_minute_and_zone(result, means_of(raw))
    if place is not None:
        return place
    if result.empty:
        seen = f"the query has no rows, while valid readings came in {len(truth)} minutes"
        return Finding(False, seen, hint=hints.STEP_BY_STEP)
    if not columns.times(result):
        return Finding(False, "no column holds minutes, as times", hint=hints.MINUTE)
    quoted = any((result[n] == "zone_id").all() for n in columns.texts(result))
    seen = "no two columns tell the minute (a time) and the zone (1 or 2) of the last minutes"
    return Finding(False, seen, hint=hints.QUOTES if quoted else hints.MINUTE)


def judge_keys(keys: list[Key], truth: Means) -> Finding | None:
    """Return what is wrong with the minutes and zones of the rows; None for nothing."""
    own = [key for key in keys if key in truth]
    if len(set(own)) < len(own):
        most = max(own.count(key) for key in own)
        seen = f"a zone has {most} rows for one minute"
        return Finding(False, seen, hint="GROUP BY zone_id and bin(time, 1m), and nothing else.")
    missing = sorted(truth.keys() - set(own))
    if not missing:
        return None
    zones = set(ZONES) - {zone for _minute, zone in keys}
    if zones:
        seen = f"zone {zones.pop()} is missing"
        return Finding(False, seen, hint="the query has to take both zones: GROUP BY, no WHERE.")
    seen = f"{len(missing)} of {len(truth)} means of the last minutes are missing"
    return Finding(False, seen, hint=hints.WINDOW)


def _wrong_mean(
    columns_of_numbers: Sequence[pd.Series[float]],
    keys: list[Key],
    truth: Means,
    raw: pd.DataFrame,
) -> Finding:
    """Return what the numbers are instead of the means, and where that may come from."""
    if not columns_of_numbers:
        return Finding(False, "no column holds numbers, such as means", hint=hints.TEXT)
    causes = list(_causes(raw))
    for column in columns_of_numbers:
        for hint, wrong in causes:
            if columns.fitting(column, keys, wrong) >= truth.keys():
                return _example(column, keys, truth, hint)
    most = max(columns_of_numbers, key=lambda one: len(columns.fitting(one, keys, truth)))
    return _example(most, keys, truth, "")


def _causes(raw: pd.DataFrame) -> Iterator[tuple[str, Means]]:
    """Yield what a usual mistake makes of the means, with its hint."""
    good = valid(raw)
    yield hints.ARTEFACT, means_of(raw)
    yield hints.TEXT, means_of(good[good["temperature"] >= 10])
    yield "39 to 40 is valid: the limit is 40.", means_of(good[good["temperature"] < _NEARLY_C])
    for name in ("max", "min", "median", "sum", "count"):
        yield f"AVG is the mean; the numbers are each zone's {name}.", by_zone(good, name)
    rooms = good.groupby(["minute", "zone_id", "sensor_id"])["temperature"].mean().reset_index()
    yield "take the mean of all readings of a zone, not that of its rooms' means.", means_of(rooms)


def _example(column: pd.Series[float], keys: list[Key], truth: Means, hint: str) -> Finding:
    """Return the first value that is no mean, beside the right one."""
    right = columns.fitting(column, keys, truth)
    shown = dict(zip(keys, column, strict=True))
    minute, zone = min(truth.keys() - right)
    value, mean = shown[minute, zone], truth[minute, zone]
    told = "nothing" if pd.isna(value) else f"{float(value):.2f}"
    seen = f"for zone {zone} at {minute:%H:%M} the query says {told}"
    wanted = f"{mean:.2f}, the mean of its valid readings in that minute"
    return Finding(False, seen, wanted, hint=hint)

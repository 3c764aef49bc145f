"""What a dashboard's readings have to be, and what wrong ones come from."""

from __future__ import annotations

import pandas as pd

from lab_utils.checks import part6_columns as columns
from lab_utils.checks import part6_hints as hints
from lab_utils.checks.base import CheckContext, Finding
from lab_utils.checks.part6_columns import TOLERANCE_C
from lab_utils.checks.part6_files import READINGS, Question, explain, read_file, read_window
from lab_utils.checks.part6_scene import Scene, play_scene, read_raw, valid
from lab_utils.errors import QueryError
from lab_utils.queries import run_query
from lab_utils.thresholds import INVALID_FROM_C


def look_at_readings(context: CheckContext) -> Finding:
    """Return whether the query gives each valid reading of the last minutes once."""
    scene = play_scene(context, read_file(context, READINGS))
    question = read_window(context, READINGS, scene.later_window(context))
    result = columns.numbered(ask(context, question))
    if result.empty:
        own = len(valid(scene.own(read_raw(context, scene.began))))
        seen = f"the query has no rows, while {own} valid readings came in the last minutes"
        return Finding(False, seen, hint=_empty_hint(question.sql))
    return _judge_readings(result, _raw_of(context, scene, result), scene, question.begin)


def ask(context: CheckContext, question: Question) -> pd.DataFrame:
    """Return the result of a student's statement.

    Raises:
        CheckError: Timestream refuses it.
    """
    try:
        return run_query(context.client("timestream-query"), question.sql)
    except QueryError as error:
        raise explain(question.name, error) from error


def _empty_hint(sql: str) -> str:
    if "'temperature'" in sql:
        return (
            "if the first temperature that came to the table was a whole number, the measure "
            "takes no other (part 3): CAST the dimension temperature instead."
        )
    return hints.STEP_BY_STEP


def _raw_of(context: CheckContext, scene: Scene, result: pd.DataFrame) -> pd.DataFrame:
    """Return what is stored since the result or the scene begins, whichever is earlier."""
    first = [result[number].min() for number in columns.times(result)]
    known = [one for one in first if not pd.isna(one) and one.tzinfo is not None]
    return read_raw(context, min([scene.began, *known]))


def _judge_readings(
    result: pd.DataFrame, raw: pd.DataFrame, scene: Scene, begin: pd.Timestamp | None
) -> Finding:
    stored = set(raw["time"])
    time = columns.best(columns.times(result), lambda n: int(result[n].isin(stored).sum()))
    if time is None:
        seen = "no column holds the times of readings"
        return Finding(False, seen, hint="select time as it is stored, not binned and no mean.")
    matched = {n: _match(result, time, n, raw) for n in columns.numbers(result)}
    degrees = columns.best(matched, lambda n: len(matched[n]))
    if degrees is None:
        as_texts = (len(_match(result, time, n, raw)) for n in columns.texts(result))
        seen = "no column of numbers holds the temperatures of the readings"
        if any(as_texts):
            return Finding(False, f"{seen}; a text (VARCHAR) does", hint=hints.TEXT)
        return Finding(False, seen, hint="select CAST(temperature AS DOUBLE) of each reading.")
    rows = matched[degrees][["time", "sensor_id", "zone_id", "temperature"]].copy()
    labels = [number for number in columns.places(result) if number not in (time, degrees)]
    for role in ("sensor_id", "zone_id"):
        place = _find_label(result.loc[rows.index, labels], rows[role])
        if place is None:
            seen = f"no column tells the {role} of each reading"
            return Finding(False, seen, hint=_label_hint(result, role))
        labels.remove(place)
    strange = result.drop(index=rows.index)
    if begin is not None and (rows["time"] < begin).any():
        seen = f"there are readings from before {{begin}}, {begin:%H:%M}"
        return Finding(False, seen, hint=hints.WINDOW)
    own = valid(scene.own(raw))
    return _judge_rows(rows, strange, raw, own[own["time"] >= (begin or scene.began)])


def _find_label(frame: pd.DataFrame, wanted: pd.Series[int]) -> int | None:
    """Return the column whose values, each with a number at its end, are the wanted ones."""
    return columns.best(
        columns.places(frame),
        lambda number: int((columns.ids(frame[number]) == wanted).fillna(False).all()),
    )


def _label_hint(result: pd.DataFrame, role: str) -> str:
    for number in columns.texts(result):
        if (result[number] == role).all():
            return hints.QUOTES
    return f"select {role}: a figure needs to know whose temperature it is."


def _match(result: pd.DataFrame, time: int, place: int, raw: pd.DataFrame) -> pd.DataFrame:
    """Return which stored reading a row of the result is, by its time and temperature."""
    own = pd.DataFrame({"row": result.index, "time": result[time]})
    own["value"] = pd.to_numeric(result[place], errors="coerce").astype("Float64").to_numpy()
    pairs = own.dropna().merge(raw, on="time")
    near = pairs[(pairs["value"] - pairs["temperature"]).abs() < TOLERANCE_C]
    return near.drop_duplicates("row").set_index("row")


def _judge_rows(
    rows: pd.DataFrame, strange: pd.DataFrame, raw: pd.DataFrame, own: pd.DataFrame
) -> Finding:
    artefacts = rows[rows["temperature"] >= INVALID_FROM_C]["temperature"]
    if len(artefacts):
        seen = f"there are invalid readings among the rows, such as {artefacts.iloc[0]:g}"
        return Finding(False, seen, hint=hints.ARTEFACT)
    keys = ["time", "sensor_id", "zone_id", "temperature"]
    times_each = int(rows.groupby(keys).size().max())
    if times_each > int(raw.groupby(keys).size().max()):
        return Finding(False, f"a reading stands in {times_each} rows", hint=hints.ONCE)
    if len(strange):
        seen = f"{len(strange)} rows are no stored reading of their time and temperature"
        return Finding(False, seen, hint="select the readings as they are, no mean or sum.")
    own = own.merge(rows[keys], on=keys, how="left", indicator="found")
    missing = own[own["found"] == "left_only"]
    if missing.empty:
        return Finding(True, f"all {len(own)} valid readings of the last minutes, each once")
    seen = f"{len(missing)} of {len(own)} valid readings of the last minutes are missing"
    return Finding(False, seen, hint=_missing_hint(missing, own.drop(index=missing.index)))


def _missing_hint(missing: pd.DataFrame, there: pd.DataFrame) -> str:
    for role, words in (("zone_id", "zone"), ("sensor_id", "sensor")):
        lost = sorted(set(missing[role]) - set(there[role]))
        if lost:
            return f"{words} {lost[0]} is missing wholly: the query has to take every {words}."
    if (missing["temperature"] < 10).all():
        return f"all that are missing are below 10: {hints.TEXT}"
    if missing["time"].max() < there["time"].min():
        return f"the older ones are missing: {hints.WINDOW}"
    if missing["temperature"].min() > there["temperature"].max():
        return f"the highest are missing: {missing['temperature'].min():g} is a valid reading."
    return "a condition, a LIMIT or a GROUP BY too much? Each valid reading has a row."

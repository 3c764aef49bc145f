"""The columns that a figure needs, from DataFrames of the house and of queries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from lab_utils.errors import PlotError
from lab_utils.thresholds import INVALID_FROM_C

_TIMES = ("time", "minute")
_ZONES = ("zone_id", "zone")
_TEMPERATURES = ("temperature", "measure_value::double", "temperature_c", "degrees")
_MEANS = ("mean", "mean_temperature", "average", "avg", *_TEMPERATURES)
_READING_TYPES = {
    "time": "datetime64[ns]",
    "sensor_id": "int64",
    "room": "object",
    "zone_id": "int64",
    "temperature": "float64",
    "is_artefact": "bool",
    "status": "object",
}
_MEAN_TYPES = {"time": "datetime64[ns]", "zone_id": "int64", "mean": "float64"}


def tidy_readings(frame: pd.DataFrame) -> pd.DataFrame:
    """Return readings, by time, in the columns that a figure draws.

    Args:
        frame: What `House.run` sent, or the result of a query: ``time``; ``temperature`` or
            ``measure_value::double``, numbers or texts; ``sensor_id`` or ``room`` or both;
            ``zone_id`` if it is known. Rows without a time or a temperature are left out, and so
            are repetitions: a reading is four rows in Timestream.

    Returns:
        ``time`` (datetime64[ns], UTC without saying so), ``sensor_id`` (int64), ``room`` (object),
        ``zone_id`` (int64, 0 if unknown), ``temperature`` (float64), ``is_artefact`` (bool, by the
        threshold where the frame does not tell), ``status`` (object, ``sent`` where it does not
        tell).

    Raises:
        PlotError: A column is missing or holds something else.
    """
    if frame.empty:
        return _typed({name: [] for name in _READING_TYPES}, _READING_TYPES)
    temperature = _numbers(frame, _find(frame, _TEMPERATURES, "the temperature"))
    columns = {
        "time": _times(frame),
        **_rooms(frame),
        "zone_id": _ids(frame, _find(frame, _ZONES, "the zone")) if _has_zone(frame) else 0,
        "temperature": temperature,
        "is_artefact": frame.get("is_artefact", temperature >= INVALID_FROM_C),
        "status": frame.get("status", "sent"),
    }
    tidy = _typed(columns, _READING_TYPES)
    return tidy.drop_duplicates(["time", "sensor_id", "temperature"])


def tidy_means(frame: pd.DataFrame) -> pd.DataFrame:
    """Return mean temperatures of zones, by time.

    Args:
        frame: The result of a query: ``time`` or ``minute`` or another column of times,
            ``zone_id``, and ``mean`` or another column of numbers.

    Returns:
        ``time`` (datetime64[ns], UTC without saying so), ``zone_id`` (int64), ``mean`` (float64).

    Raises:
        PlotError: A column is missing or holds something else.
    """
    if frame.empty:
        return _typed({name: [] for name in _MEAN_TYPES}, _MEAN_TYPES)
    zone = _find(frame, _ZONES, "the zone")
    mean = _find(frame, _MEANS, "the mean temperature")
    columns = {"time": _times(frame), "zone_id": _ids(frame, zone), "mean": _numbers(frame, mean)}
    return _typed(columns, _MEAN_TYPES)


def tidy_decisions(frame: pd.DataFrame) -> pd.DataFrame:
    """Return decisions about zones, by the time at which they were taken.

    Args:
        frame: What the Lambda has logged or a query replays: ``time``, or ``minute``, the
            beginning of one that is decided upon at its end; ``zone_id``; ``mean``; and
            ``enabled``, true, false or NA for a zone that is left as it is.

    Returns:
        ``time`` (datetime64[ns], UTC without saying so), ``zone_id`` (int64), ``mean`` (float64),
        ``enabled`` (boolean) and ``is_on``: what the decisions so far come to, off at first.

    Raises:
        PlotError: A column is missing or holds something else.
    """
    if not frame.empty and "enabled" not in frame:
        raise _missing(frame, "the decision", ("enabled",))
    tidy = tidy_means(frame) if frame.empty else _decided(frame)
    if frame.empty:
        tidy["enabled"] = pd.Series(dtype="boolean")
    kept = tidy.groupby("zone_id")["enabled"].ffill()
    return tidy.assign(is_on=kept.fillna(value=False).astype(bool))


def _decided(frame: pd.DataFrame) -> pd.DataFrame:
    is_of_minutes = "time" not in frame and "minute" in frame
    mean = _find(frame, _MEANS, "the mean temperature")
    columns = {
        "time": _times(frame) + pd.Timedelta(minutes=1 if is_of_minutes else 0),
        "zone_id": _ids(frame, _find(frame, _ZONES, "the zone")),
        "mean": _numbers(frame, mean),
    }
    try:
        enabled = frame["enabled"].astype("boolean")
    except (ValueError, TypeError) as error:
        raise PlotError(
            "draw the figure",
            f"The column enabled holds something that is neither true nor false: {error}.",
            "let CASE give true, false or NULL.",
        ) from error
    rows = pd.DataFrame(columns).assign(enabled=enabled).dropna(subset=["time", "zone_id", "mean"])
    return rows.astype(_MEAN_TYPES).sort_values("time", kind="stable").reset_index(drop=True)


def _typed(columns: dict[str, Any], types: dict[str, str]) -> pd.DataFrame:
    """Return the complete rows by time; equal times stay in their order."""
    frame = pd.DataFrame(columns).dropna().astype(types)
    return frame.sort_values("time", kind="stable").reset_index(drop=True)


def _has_zone(frame: pd.DataFrame) -> bool:
    return any(name in frame for name in _ZONES)


def _times(frame: pd.DataFrame) -> pd.Series[pd.Timestamp]:
    """Return the times without their zone, which is UTC: so matplotlib keeps them as they are."""
    dates = [
        str(name) for name, kind in frame.dtypes.items() if str(kind).startswith("datetime64[")
    ]
    name = next((name for name in _TIMES if name in frame), dates[0] if dates else None)
    if name is None:
        raise _missing(frame, "the time", _TIMES)
    return pd.to_datetime(frame[name], utc=True).dt.tz_localize(None)


def _rooms(frame: pd.DataFrame) -> dict[str, Any]:
    """Return the columns ``sensor_id`` and ``room``, each from the other where it is missing."""
    if "sensor_id" in frame:
        sensor_id = _ids(frame, "sensor_id")
        return {"sensor_id": sensor_id, "room": frame.get("room", "temp_" + sensor_id.astype(str))}
    if "room" in frame:
        codes, _names = pd.factorize(frame["room"], sort=True)
        return {"sensor_id": codes + 1, "room": frame["room"]}
    raise _missing(frame, "the sensor", ("sensor_id", "room"))


def _ids(frame: pd.DataFrame, name: str) -> pd.Series[int]:
    return _numbers(frame, name).astype("Int64")


def _numbers(frame: pd.DataFrame, name: str) -> pd.Series[float]:
    """Return a column as numbers: a dimension of Timestream is a text."""
    try:
        return pd.to_numeric(frame[name]).astype("Float64")
    except (ValueError, TypeError) as error:
        raise PlotError(
            "draw the figure",
            f"The column {name} holds something that is no number: {error}.",
            f"select numbers as {name}, or give the column another name.",
        ) from error


def _find(frame: pd.DataFrame, names: Sequence[str], what: str) -> str:
    """Return the name of a column: a known one, else the only one of floating numbers."""
    known = [name for name in names if name in frame]
    floats = [
        str(name) for name, kind in frame.dtypes.items() if str(kind).lower().startswith("float")
    ]
    if known or len(floats) == 1:
        return (known or floats)[0]
    raise _missing(frame, what, names)


def _missing(frame: pd.DataFrame, what: str, names: Sequence[str]) -> PlotError:
    return PlotError(
        "draw the figure",
        f"No column tells {what}; the columns are {', '.join(map(str, frame.columns))}.",
        f"name it {names[0]}, as in SELECT ... AS {names[0]}.",
    )

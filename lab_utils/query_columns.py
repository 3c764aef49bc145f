"""The columns of a Timestream result: from the texts of its pages to typed arrays."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

Datum = Mapping[str, Any]
Texts = Sequence[str]
_MEMO_LIMIT = 10_000
"""So many different texts of a column are kept once; dimensions and measure names have fewer."""
_NS = {"day": 86_400_000_000_000, "hour": 3_600_000_000_000, "minute": 60_000_000_000}
_INTERVAL = re.compile(r"(-?)(?:(\d+) )?(\d+):(\d+):(\d+)(?:\.(\d{1,9}))?")


@dataclass(frozen=True)
class ScalarKind:
    """How the texts of a scalar type become an array.

    Attributes:
        parse: Turns the texts of a page into a NumPy array.
        join: Turns the values of all pages, and where they are NULL, into the column's array.
        filler: A text that can stand where a value is NULL.
    """

    parse: Callable[[Texts], np.ndarray[Any, Any]]
    join: Callable[[np.ndarray[Any, Any], np.ndarray[Any, Any]], Any]
    filler: str


class ScalarColumn:
    """A column of a scalar type, which takes the data of page after page."""

    def __init__(self, kind: ScalarKind) -> None:
        self._kind = kind
        self._values = [kind.parse([])]
        self._nulls = [np.zeros(0, dtype=bool)]
        self._memo: dict[str, str] = {}

    def add(self, data: Sequence[Datum]) -> None:
        """Take the data of one more page."""
        texts: list[Any] = [datum.get("ScalarValue") for datum in data]
        nulls = np.zeros(len(texts), dtype=bool)
        if None in texts:
            nulls = np.fromiter((text is None for text in texts), bool, len(texts))
            texts = [self._kind.filler if text is None else text for text in texts]
        self._values.append(self._kind.parse(self._kept_once(texts)))
        self._nulls.append(nulls)

    def finish(self) -> Any:
        """Return the array of all pages, and let the pages go."""
        values, nulls = np.concatenate(self._values), np.concatenate(self._nulls)
        self._values, self._nulls = [], []
        return self._kind.join(values, nulls)

    def _kept_once(self, texts: list[str]) -> Texts:
        """Return the texts with equal ones as one object: a million times ``temperature``."""
        if self._kind is not TEXT:
            return texts
        memo = self._memo
        for text in set(texts):
            if len(memo) < _MEMO_LIMIT:
                memo.setdefault(text, text)
        return list(map(memo.get, texts, texts))


class ObjectColumn:
    """A column of arrays, rows, time series or month intervals: Python objects, NA for NULL."""

    def __init__(self, decode: Callable[[Datum], Any]) -> None:
        self._decode = decode
        self._values: list[Any] = []

    def add(self, data: Sequence[Datum]) -> None:
        """Take the data of one more page."""
        self._values += [pd.NA if is_null(datum) else self._decode(datum) for datum in data]

    def finish(self) -> Any:
        """Return the array of all pages."""
        values = np.empty(len(self._values), dtype=object)
        # Element by element: NumPy would make a table of lists of one length.
        for place, value in enumerate(self._values):
            values[place] = value
        return values


def is_null(datum: Datum) -> bool:
    """Return whether a datum is NULL."""
    return bool(datum.get("NullValue"))


def interval_ns(text: str) -> int:
    """Return a day-to-second interval, such as ``1 21:00:00.000000000``, in nanoseconds.

    Raises:
        ValueError: It is none.
    """
    match = _INTERVAL.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no interval")
    sign, days, hours, minutes, seconds, fraction = match.groups()
    whole = int(days or 0) * _NS["day"] + int(hours) * _NS["hour"] + int(minutes) * _NS["minute"]
    ns = whole + int(seconds) * 1_000_000_000 + int((fraction or "").ljust(9, "0"))
    return -ns if sign else ns


def months(text: str) -> pd.DateOffset:
    """Return a year-to-month interval, such as ``2-7``, as something to add to a time."""
    years, rest = text.removeprefix("-").split("-")
    total = int(years) * 12 + int(rest)
    return pd.DateOffset(months=-total if text.startswith("-") else total)


def _integers(texts: Texts) -> np.ndarray[Any, Any]:
    return np.array(texts, dtype=np.int64)


def _doubles(texts: Texts) -> np.ndarray[Any, Any]:
    return np.array(texts, dtype=np.float64)


def _booleans(texts: Texts) -> np.ndarray[Any, Any]:
    return np.array([text == "true" for text in texts], dtype=bool)


def _times(texts: Texts) -> np.ndarray[Any, Any]:
    return np.array(texts, dtype="datetime64[ns]")


def _dates(texts: Texts) -> np.ndarray[Any, Any]:
    return np.array(texts, dtype="datetime64[D]").astype("datetime64[s]")


def _durations(texts: Texts) -> np.ndarray[Any, Any]:
    return np.array([interval_ns(text) for text in texts], dtype=np.int64).view("timedelta64[ns]")


def _objects(texts: Texts) -> np.ndarray[Any, Any]:
    return np.array(texts, dtype=object)


def _join_strings(values: np.ndarray[Any, Any], nulls: np.ndarray[Any, Any]) -> Any:
    values[nulls] = pd.NA
    return pd.array(values, dtype="string")


def _join_times(values: np.ndarray[Any, Any], nulls: np.ndarray[Any, Any]) -> Any:
    return _join_plain(values, nulls).tz_localize("UTC")


def _join_plain(values: np.ndarray[Any, Any], nulls: np.ndarray[Any, Any]) -> Any:
    values[nulls] = np.datetime64("NaT") if values.dtype.kind == "M" else np.timedelta64("NaT")
    return pd.Index(values)


TEXT = ScalarKind(_objects, _join_strings, "")
_INTEGER = ScalarKind(_integers, pd.arrays.IntegerArray, "0")
_DURATION = ScalarKind(_durations, _join_plain, "00:00:00")
_KINDS = {
    "BIGINT": _INTEGER,
    "INTEGER": _INTEGER,
    "DOUBLE": ScalarKind(_doubles, pd.arrays.FloatingArray, "0"),
    "BOOLEAN": ScalarKind(_booleans, pd.arrays.BooleanArray, "false"),
    "TIMESTAMP": ScalarKind(_times, _join_times, "1970-01-01"),
    "DATE": ScalarKind(_dates, _join_plain, "1970-01-01"),
    "TIME": _DURATION,
    "INTERVAL_DAY_TO_SECOND": _DURATION,
}
_DECODERS: dict[str, Callable[[str], Any]] = {
    "BIGINT": int,
    "INTEGER": int,
    "DOUBLE": float,
    "BOOLEAN": lambda text: text == "true",
    "TIMESTAMP": lambda text: pd.Timestamp(text, tz="UTC"),
    "DATE": date.fromisoformat,
    "TIME": lambda text: pd.Timedelta(interval_ns(text)),
    "INTERVAL_DAY_TO_SECOND": lambda text: pd.Timedelta(interval_ns(text)),
    "INTERVAL_YEAR_TO_MONTH": months,
}


def make_column(kind: Mapping[str, Any]) -> ScalarColumn | ObjectColumn:
    """Return an empty column of a type.

    Args:
        kind: The ``Type`` of a ``ColumnInfo``. A scalar type that is not known, as a later
            version of the service may have, is kept as text.
    """
    scalar = kind.get("ScalarType")
    if scalar is None or scalar in ("INTERVAL_YEAR_TO_MONTH", "UNKNOWN"):
        return ObjectColumn(_decoder(kind))
    return ScalarColumn(_KINDS.get(scalar, TEXT))


def _decoder(kind: Mapping[str, Any]) -> Callable[[Datum], Any]:
    """Return what turns one datum, which is not NULL, into a Python object."""
    if "ArrayColumnInfo" in kind:
        item = _optional(kind["ArrayColumnInfo"]["Type"])
        return lambda datum: [item(one) for one in datum["ArrayValue"]]
    if "RowColumnInfo" in kind:
        return _row_decoder(kind["RowColumnInfo"])
    if "TimeSeriesMeasureValueColumnInfo" in kind:
        value_kind = kind["TimeSeriesMeasureValueColumnInfo"]["Type"]
        return lambda datum: _series(datum["TimeSeriesValue"], value_kind)
    decode = _DECODERS.get(kind["ScalarType"], str)
    return lambda datum: decode(datum["ScalarValue"])


def _optional(kind: Mapping[str, Any]) -> Callable[[Datum], Any]:
    decode = _decoder(kind)
    return lambda datum: None if is_null(datum) else decode(datum)


def _row_decoder(fields: Sequence[Mapping[str, Any]]) -> Callable[[Datum], Any]:
    """Return the decoder of rows: dicts, or tuples where fields have no name or share one."""
    names = [field.get("Name") or "" for field in fields]
    decoders = [_optional(field["Type"]) for field in fields]

    def values(datum: Datum) -> tuple[Any, ...]:
        data = datum["RowValue"]["Data"]
        return tuple(decode(one) for decode, one in zip(decoders, data, strict=True))

    if "" in names or len(set(names)) < len(names):
        return values
    return lambda datum: dict(zip(names, values(datum), strict=True))


def _series(points: Sequence[Mapping[str, Any]], value_kind: Mapping[str, Any]) -> pd.DataFrame:
    times, values = make_column({"ScalarType": "TIMESTAMP"}), make_column(value_kind)
    times.add([{"ScalarValue": point["Time"]} for point in points])
    values.add([point["Value"] for point in points])
    return pd.DataFrame({"time": times.finish(), "value": values.finish()})

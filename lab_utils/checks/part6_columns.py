"""Which column of a student's result is what: by type and content, whatever its name and place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import product
from typing import Any

import pandas as pd
from pandas.api.types import is_bool_dtype, is_datetime64_any_dtype, is_numeric_dtype

from lab_utils.house.rooms import plan_rooms

Key = tuple[pd.Timestamp, int]
"""A minute and a zone."""
TOLERANCE_C = 0.06
"""A temperature that was rounded to one digit is the same one."""
_ROOMS = {room.name: str(room.sensor_id) for room in plan_rooms(2, 2)}
_WHOLE = r"(?:^|[^\d.])(\d{1,9})\D*$"
"""Not the hundredths of a temperature."""
_ON, _OFF = {"true", "on", "1", "ac on", "enabled"}, {"false", "off", "0", "ac off", "disabled"}


def numbered(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a result with its columns numbered: two may have the same name."""
    copy = frame.copy()
    copy.columns = pd.RangeIndex(frame.shape[1])
    return copy


def places(frame: pd.DataFrame) -> list[int]:
    """Return all columns of a result whose columns are numbered."""
    return [int(str(number)) for number in frame]


def times(frame: pd.DataFrame) -> list[int]:
    """Return the columns that hold times."""
    return [number for number in places(frame) if is_datetime64_any_dtype(frame[number])]


def numbers(frame: pd.DataFrame) -> list[int]:
    """Return the columns that hold numbers."""
    return [
        number
        for number in places(frame)
        if is_numeric_dtype(frame[number]) and not is_bool_dtype(frame[number])
    ]


def texts(frame: pd.DataFrame) -> list[int]:
    """Return the columns that hold texts."""
    return [number for number in places(frame) if isinstance(frame[number].dtype, pd.StringDtype)]


def ids(column: pd.Series[str]) -> pd.Series[int]:
    """Return the whole number at the end of each value, as in ``temp_1``; NA for none."""
    plain = column.astype("string").str.strip().str.removesuffix(".0").replace(_ROOMS)
    return pd.to_numeric(plain.str.extract(_WHOLE)[0], errors="coerce").astype("Int64")


def best(places: Iterable[int], score: Callable[[int], int]) -> int | None:
    """Return the column of the highest score; None where none has any."""
    scored = [(score(place), -place) for place in places]
    top = max(scored, default=(0, 0))
    return -top[1] if top[0] > 0 else None


def find_minute_and_zone(frame: pd.DataFrame, wanted: Iterable[Key]) -> tuple[int, int] | None:
    """Return the columns of the minutes and of the zones; None where no pair fits anywhere."""
    keys = set(wanted)
    scored = [
        (len(keys & set(keys_of(frame, minute, zone))), -minute, -zone)
        for minute, zone in product(times(frame), places(frame))
        if zone != minute and zone not in times(frame)
    ]
    score, minute, zone = max(scored, default=(0, 0, 0))
    return (-minute, -zone) if score else None


def keys_of(frame: pd.DataFrame, minute: int, zone: int) -> list[Key]:
    """Return the minute and the zone of each row; a zone that is none is 0."""
    floors = frame[minute].dt.floor("min")
    return list(zip(floors, ids(frame[zone]).fillna(0).astype(int), strict=True))


def fitting(values: Iterable[Any], keys: Iterable[Key], truth: Mapping[Key, float]) -> set[Key]:
    """Return the minutes and zones whose number is the true one."""
    return {
        key
        for key, value in zip(keys, values, strict=True)
        if key in truth and not pd.isna(value) and abs(float(value) - truth[key]) < TOLERANCE_C
    }


def decision(value: object) -> bool | None:
    """Return what a value says to an air conditioner: a truth value, a word or 1 and 0."""
    if value is None or value is pd.NA:
        return None
    word = str(value).strip().lower().removesuffix(".0")
    return True if word in _ON else False if word in _OFF else None

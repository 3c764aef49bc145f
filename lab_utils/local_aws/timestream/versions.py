"""Which of several records with the same key is stored: the first, or a higher version.

A record's key is its dimensions, its measure's name and its time.

Source:
    https://docs.aws.amazon.com/timestream/latest/developerguide/API_WriteRecords.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lab_utils.local_aws.timestream.catalog import Column, Table
from lab_utils.local_aws.timestream.catalog_store import SERIES, VERSION, quoted
from lab_utils.local_aws.timestream.forms import dimensions_number, measure_number
from lab_utils.local_aws.timestream.records import Record, Scalar
from lab_utils.local_aws.timestream.store import BATCH, Store

Key = tuple[int, int]
"""A time series' number, and a time in nanoseconds."""
DUPLICATE = (
    "A record already exists with the same time, dimensions, measure name, and record version. "
    "A higher record version must be specified in order to update the measure value. Specifying "
    "record version is supported by the latest SDKs."
)
_MATCHES = (
    f'SELECT {BATCH}.position, stored.rowid, stored."{VERSION}" FROM {{relation}} AS stored '
    f'JOIN {BATCH} ON stored."{SERIES}" = {BATCH}.series AND stored."time" = {BATCH}.time '
    f'WHERE stored."time" BETWEEN make_timestamp_ns(?) AND make_timestamp_ns(?)'
)
_KINDS_OF_VALUES = frozenset({"MEASURE_VALUE", "MULTI"})


@dataclass(slots=True)
class Standing:
    """The record that has a key at the moment.

    Attributes:
        version: Its version.
        values: Its measure values by column.
        row: Its row in the store; no matter for a record of the same transaction.
    """

    version: int
    values: Mapping[str, Scalar]
    row: int = -1


def series_number(record: Record) -> int:
    """Return the number of a record's time series: the same in every run, for ever.

    Two series share a number once in 2**64, and that would matter only at the same nanosecond.
    """
    return dimensions_number(record.dimensions) ^ measure_number(record.measure_name)


def refusal(record: Record, standing: Standing | None) -> str | None:
    """Return AWS's text if a record may not take its key, else None.

    AWS does not say what becomes of the same value in a lower version; it is refused here.
    """
    if standing is None or record.version > standing.version:
        return None
    if record.version < standing.version:
        return (
            f"The record version {record.version} is lower than the existing version "
            f"{standing.version}. A higher version is required to update the measure value."
        )
    return None if record.values() == standing.values else DUPLICATE


def standing_of(record: Record) -> Standing:
    """Return what an earlier record of the same transaction holds of its key."""
    return Standing(record.version, record.values())


def stored_standings(store: Store, table: Table, keys: Sequence[Key]) -> dict[Key, Standing]:
    """Return which of the keys are stored already, and with what.

    Rows are laid down in about the order of their times, so the range of times leaves few
    blocks of the table to be read.

    Raises:
        StoreError: The table cannot be read.
    """
    if not keys:
        return {}
    times = np.array([key[1] for key in keys], dtype="int64")
    batch = {
        "position": np.arange(len(keys)),
        "series": np.array([key[0] for key in keys], dtype="uint64"),
        "time": times.view("datetime64[ns]"),
    }
    sql = _MATCHES.format(relation=table.relation)
    matches = store.run(sql, (int(times.min()), int(times.max())), batch)
    if not matches:
        return {}
    values = _stored_values(store, table, [row for _position, row, _version in matches])
    return {keys[at]: Standing(version, values[row], row) for at, row, version in matches}


def _stored_values(store: Store, table: Table, rows: Sequence[int]) -> dict[int, dict[str, Scalar]]:
    columns = [c for c in table.columns if c.kind in _KINDS_OF_VALUES]
    selected = ", ".join(["rowid", *map(_comparable, columns)])
    found = store.run(
        f"SELECT {selected} FROM {table.relation} WHERE rowid IN (SELECT row FROM {BATCH})",
        arrays={"row": np.array(rows, dtype="int64")},
    )
    return {
        row: {c.name: v for c, v in zip(columns, values, strict=True) if v is not None}
        for row, *values in found
    }


def _comparable(column: Column) -> str:
    name = quoted(column.stored)
    return f"epoch_ns({name})" if column.type == "TIMESTAMP" else name

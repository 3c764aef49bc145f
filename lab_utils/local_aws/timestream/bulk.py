"""Many readings of the house at once, for benchmarks: past the API, straight into the store.

Through WriteRecords ten million records would take ten minutes. Here DuckDB makes them itself, in
the columns that a first record through the API has given the table; the embedded AWS must not be
running. They are what the rule of the practical writes: for each reading four records, with
``sensor_id``, ``temperature`` and ``zone_id`` as dimensions. Only the number of the time series
is not the one that the writer would compute: it tells records apart, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab_utils.local_aws.timestream.catalog import Table
from lab_utils.local_aws.timestream.catalog_store import SERIES, VERSION, CatalogStore
from lab_utils.local_aws.timestream.store import Store

MEASURES = {
    "id": ("VARCHAR", "md5(reading::VARCHAR)"),
    "temperature": ("DOUBLE", "temperature::DOUBLE"),
    "sensor_id": ("BIGINT", "sensor_id::BIGINT"),
    "zone_id": ("BIGINT", "zone_id::BIGINT"),
}
"""The measures of a reading: type, and value in SQL."""

_CHUNK = 1_000_000
_READINGS = """
    SELECT reading, make_timestamp_ns({first_ns} + reading * {step_ns}) AS "time",
           (reading % 4 + 1)::VARCHAR AS sensor_id, (reading % 4 // 2 + 1)::VARCHAR AS zone_id,
           (2000 + reading * 7919 % 2000 + 0.5) / 100 AS temperature
    FROM range({begin}, {end}) AS readings(reading)
"""
_RECORDS = """
    INSERT INTO {relation} BY NAME
    SELECT "time", hash(reading, measure_name) AS "{series}", 1 AS "{version}", measure_name,
           sensor_id, temperature::VARCHAR AS temperature, zone_id, {values}
    FROM ({readings}), (VALUES {measures}) AS measures(measure_name)
"""


@contextmanager
def opened(path: Path) -> Iterator[Store]:
    """Yield a store that is open while the block runs.

    Args:
        path: The store's file, which no running embedded AWS has open.

    Raises:
        StoreError: It cannot be opened.
    """
    store = Store(path)
    store.open()
    try:
        yield store
    finally:
        store.close()


def only_table(store: Store) -> Table:
    """Return the one table of a store."""
    [table] = CatalogStore(store).load()[1]
    return table


def load_readings(store: Store, records: int, first_ns: int, last_ns: int) -> None:
    """Fill the one table of a store with readings, evenly over a span of time.

    Args:
        store: The store; the table has the columns of a reading already.
        records: How many records, four a reading.
        first_ns: The time of the first, nanoseconds since 1970.
        last_ns: The time before which the last one is.

    Raises:
        StoreError: The table has not the columns of a reading.
    """
    table, readings = only_table(store), records // len(MEASURES)
    step_ns = (last_ns - first_ns) // max(readings, 1)
    for begin in range(0, readings, _CHUNK):
        span = {"begin": begin, "end": min(begin + _CHUNK, readings)}
        made = _READINGS.format(first_ns=first_ns, step_ns=step_ns, **span)
        with store.transaction():
            store.run(_insert(table, made))


def _insert(table: Table, readings: str) -> str:
    values: dict[str, list[str]] = {}
    for measure, (kind, value) in MEASURES.items():
        case = f"WHEN measure_name = '{measure}' THEN {value}"
        values.setdefault(f"measure_value::{kind.lower()}", []).append(case)
    columns = [f'CASE {" ".join(cases)} END AS "{name}"' for name, cases in values.items()]
    names = ", ".join(f"('{measure}')" for measure in MEASURES)
    return _RECORDS.format(
        relation=table.relation,
        series=SERIES,
        version=VERSION,
        values=", ".join(columns),
        readings=readings,
        measures=names,
    )

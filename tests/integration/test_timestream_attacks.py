"""Hostile queries and records: each is refused in its time, and Timestream goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from lab_utils.local_aws.session_file import Session
from tests.integration.attacked import AttackedTable, measure

Unique = Callable[[str], str]
LONGEST_QUERY = 262_144


@pytest.fixture
def table(aws_session: Session, unique: Unique) -> AttackedTable:
    return AttackedTable(aws_session, unique)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_blob('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        'SELECT * FROM "/etc/passwd"',
        "SELECT * FROM read_parquet('http://127.0.0.1:1/x')",
        "SELECT * FROM 'https://example.com/x.csv'",
        "SELECT * FROM glob('/*')",
        "SELECT content FROM read_text('/proc/self/environ')",
        "COPY (SELECT 1) TO '/tmp/attack.csv'",
        "ATTACH '/tmp/attack.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SELECT getenv('PATH')",
        "SELECT current_setting('temp_directory')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM duckdb_tables()",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM sqlite_master",
        "SELECT * FROM pg_catalog.pg_class",
        "SELECT * FROM main.x",
        "PRAGMA database_list",
        "SET memory_limit = '1TB'",
        "CALL pragma_version()",
        "EXPORT DATABASE '/tmp/attack'",
        "SELECT 1; DROP TABLE x",
        "SELECT 1; SELECT 2",
        "DROP TABLE x",
        "CREATE TABLE x AS SELECT 1",
        "INSERT INTO x VALUES (1)",
        "SELECT query('SELECT 1')",
        "SELECT * FROM query('SELECT 1')",
        "SELECT * FROM query_table('x')",
        "SELECT nextval('s')",
        "SELECT write_log('x')",
        "SELECT * FROM pragma_table_info('x')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "FROM range(5)",
        "SELECT * FROM range(5)",
        "SELECT * FROM test_all_types()",
        "DESCRIBE SELECT 1",
        "SHOW ALL TABLES",
        "SUMMARIZE SELECT 1",
        "SELECT #1",
        "SELECT $1",
        "SELECT ?",
    ],
)
def test_a_query_reads_nothing_but_its_tables(table: AttackedTable, sql: str) -> None:
    assert table.refusal(sql) == "ValidationException"


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("SELECT " + "(" * 20_000 + "1" + ")" * 20_000, id="brackets"),
        pytest.param("SELECT " + "- " * 60_000 + "1", id="minus signs"),
        pytest.param("SELECT " + "NOT " * 60_000 + "true", id="NOT NOT"),
        pytest.param("SELECT " + "abs(" * 30_000 + "1" + ")" * 30_000, id="calls"),
        pytest.param("SELECT * FROM (" * 5_000 + "SELECT 1" + ")" * 5_000, id="subqueries"),
        pytest.param("SELECT " + "ARRAY[" * 20_000 + "1" + "]" * 20_000, id="arrays"),
        pytest.param("SELECT " + "CASE WHEN true THEN " * 5_000 + "1" + " END" * 5_000, id="CASE"),
        pytest.param("SELECT '" + "x" * LONGEST_QUERY + "'", id="longer than allowed"),
        pytest.param("SELECT '" + "x" * 200_000, id="a string without an end"),
        pytest.param("SELECT /*" + "x" * 200_000, id="a comment without an end"),
        pytest.param("\x00SELECT 1", id="a zero"),
        pytest.param("", id="nothing"),
        pytest.param(";;;", id="semicolons"),
        pytest.param("SELECT \N{REPLACEMENT CHARACTER}", id="half a character"),
    ],
)
def test_a_monstrous_query_is_refused(table: AttackedTable, sql: str) -> None:
    assert table.refusal(sql) == "ValidationException"
    assert table.is_alive()


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("SELECT " + " + ".join(["1"] * 5_000), id="a long sum"),
        pytest.param("SELECT " + ", ".join(["1"] * 1_000), id="a thousand columns"),
        pytest.param(" UNION ALL ".join(["SELECT 1"] * 500), id="a long union"),
        pytest.param("SELECT 1 IN (" + ", ".join(str(n) for n in range(20_000)) + ")", id="a list"),
        pytest.param("SELECT 1 WHERE " + " OR ".join(["1 = 2"] * 3_000), id="a long condition"),
        pytest.param("SELECT '" + "x" * (LONGEST_QUERY - 9) + "'", id="as long as allowed"),
    ],
)
def test_a_large_query_is_answered_or_refused(table: AttackedTable, sql: str) -> None:
    assert table.refusal(sql) in {"", "ValidationException"}
    assert table.is_alive()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT regexp_like(array_join(repeat('a', 200), '') || '!', '(a+)+$')",
        "SELECT regexp_replace(array_join(repeat('a', 200), '') || '!', '^(a|a)*b$', x -> x[1])",
        "SELECT regexp_extract_all(array_join(repeat('a', 200), '') || '!', '(.*)*c')",
        "SELECT rpad('x', 2000000000, 'x')",
        "SELECT cardinality(repeat('x', 2000000000))",
        "SELECT cardinality(sequence(1, 10000000000))",
        "SELECT cardinality(sequence(now() - 30000d, now(), 1ns))",
        "SELECT power(10e0, 400)",
        "SELECT 1e400",
        "SELECT to_base(1, 1000)",
        "SELECT 9223372036854775807 + 1",
        "SELECT chr(-1)",
        "SELECT from_milliseconds(9223372036854775807)",
        "SELECT timestamp '9999-01-01 00:00:00'",
        "SELECT parse_duration('99999999999999999999d')",
        "SELECT date_add('year', 1000000, now())",
    ],
)
def test_a_greedy_query_ends_in_its_time(table: AttackedTable, sql: str) -> None:
    assert table.refusal(sql) in {"", "ValidationException", "QueryExecutionException"}
    assert table.is_alive()


NESTED = {
    "lpad": ("lpad(", ", 5, 'y')", "'x'"),
    "rpad": ("rpad(", ", 5, 'y')", "'x'"),
    "substr": ("substr(", ", 1)", "'x'"),
    "split_part": ("split_part(", ", ',', 1)", "'x'"),
    "replace": ("replace(", ", 'a', 'b')", "'x'"),
    "regexp_replace": ("regexp_replace(", ", 'a', 'b')", "'x'"),
    "regexp_replace by a lambda": ("regexp_replace(", ", '(a)', x -> x[1])", "'a'"),
    "date_trunc": ("date_trunc('hour', ", ")", "now()"),
    "bin": ("bin(", ", 1m)", "now()"),
    "parse_datetime": ("parse_datetime(format_datetime(", ", 'yyyy'), 'yyyy')", "now()"),
    "to_base": ("to_base(from_base(", ", 10), 10)", "'1'"),
    "slice": ("slice(", ", 1, 1)", "ARRAY[1]"),
    "transform": ("transform(", ", x -> x + 1)", "ARRAY[1]"),
    "transform in transform": ("transform(ARRAY[1], x -> ", ")", "x"),
    "concat": ("concat(", ", ARRAY[2])", "ARRAY[1]"),
    "try_cast": ("try_cast(cast(", " AS varchar) AS bigint)", "1"),
    "row": ("row(", ", 1)", "1"),
}


@pytest.mark.parametrize("depth", [6, 19])
@pytest.mark.parametrize("name", NESTED)
def test_calls_in_calls_are_answered_or_refused(
    table: AttackedTable, name: str, depth: int
) -> None:
    before, after, innermost = NESTED[name]
    sql = f"SELECT {before * depth}{innermost}{after * depth}"
    assert table.refusal(sql) in {"", "ValidationException"}


NAMES = [
    "a'; DROP TABLE x; --",
    "a) VALUES (1); --",
    "select",
    "Größe",
    "\N{PILE OF POO}",
    "with space",
    "a.b",
    "Device",
    "%s",
    "{0}",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_a_name_and_no_sql(table: AttackedTable, name: str) -> None:
    dimensions = [{"Name": name, "Value": name}]
    table.put({**measure(name), "Dimensions": dimensions})
    table.put(
        {
            "MeasureName": "multi",
            "MeasureValueType": "MULTI",
            "MeasureValues": [{"Name": f"{name}2", "Type": "VARCHAR", "Value": name}],
        }
    )
    quoted = name.replace('"', '""')
    text = name.replace("'", "''")
    found = table.cells(
        f'SELECT "{quoted}", measure_name FROM {table.place} WHERE "{quoted}" = \'{text}\''
    )
    assert found == [[name, name]]
    assert table.cells(f"SELECT \"{quoted}2\" FROM {table.place} WHERE measure_name = 'multi'") == [
        [name]
    ]
    assert table.cells(f"SHOW MEASURES FROM {table.place} LIKE 'multi'")[0][0] == "multi"


def test_two_names_that_differ_in_case_are_two_tables(table: AttackedTable) -> None:
    for name in ("Case", "CASE", "case"):
        table.write.create_table(DatabaseName=table.name, TableName=name)
        record = {**measure(name), "Dimensions": [{"Name": "d", "Value": name}]}
        table.write.write_records(
            DatabaseName=table.name,
            TableName=name,
            Records=[{**record, "Time": str(time.time_ns() // 1_000_000)}],
        )
    for name in ("Case", "CASE", "case"):
        assert table.cells(f'SELECT d FROM "{table.name}"."{name}"') == [[name]]


def test_a_table_takes_a_thousand_measures_and_no_more(table: AttackedTable) -> None:
    for start in range(0, 1_024, 256):
        values = [
            {"Name": f"m{n}", "Type": "DOUBLE", "Value": str(n)} for n in range(start, start + 256)
        ]
        table.put({"MeasureName": "x", "MeasureValueType": "MULTI", "MeasureValues": values})
    answer = table.query.query(QueryString=f"SELECT * FROM {table.place}")
    assert len(answer["ColumnInfo"]) == 1_024 + 3
    value = [{"Name": "one_more", "Type": "DOUBLE", "Value": "1"}]
    with pytest.raises(ClientError):
        table.put({"MeasureName": "x", "MeasureValueType": "MULTI", "MeasureValues": value})
    assert table.is_alive()


def test_many_query_while_others_write(table: AttackedTable) -> None:
    table.put(measure())

    def ask(number: int) -> str:
        return table.refusal(f"SELECT count(*), {number} FROM {table.place}")

    def write(number: int) -> None:
        table.put(*[measure(f"m{number}_{n}", str(n)) for n in range(50)])

    with ThreadPoolExecutor(60) as pool:
        asked = [pool.submit(ask, number) for number in range(50)]
        written = [pool.submit(write, number) for number in range(10)]
        assert {future.result() for future in asked} <= {"", "ThrottlingException"}
        assert all(future.result() is None for future in written)
    assert table.cells(f"SELECT count(*) FROM {table.place}") == [["501"]]

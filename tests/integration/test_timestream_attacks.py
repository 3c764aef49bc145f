"""Hostile queries and records: each is refused in its time, and Timestream goes on."""

from __future__ import annotations

import os
import signal
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from lab_utils.local_aws import control
from lab_utils.local_aws.session_file import Session
from lab_utils.settings import Settings
from tests.integration.conftest import AwsClient, client_of
from tests.integration.things import wait_until

Unique = Callable[[str], str]
ANSWER_S = 30
LONGEST_QUERY = 262_144


class Table:
    """A table of one's own, with clients that wait no longer than an answer may take."""

    def __init__(self, session: Session, unique: Unique) -> None:
        self.session, self.name = session, unique("attacked")
        self.write, self.query = self.client("timestream-write"), self.client("timestream-query")
        self.write.create_database(DatabaseName=self.name)
        self.write.create_table(DatabaseName=self.name, TableName=self.name)
        self.place = f'"{self.name}"."{self.name}"'

    def client(self, service: str, **keys: str) -> Any:
        config = Config(
            retries={"total_max_attempts": 1},
            proxies={"none": ""},
            read_timeout=ANSWER_S,
            parameter_validation=False,
            max_pool_connections=60,
        )
        credentials = {"aws_access_key_id": "test", "aws_secret_access_key": "test", **keys}
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.session.endpoint_url,
            region_name=self.session.region,
            config=config,
            **credentials,
        )

    def put(self, *records: dict[str, Any]) -> None:
        at = time.time_ns()
        common = {"Dimensions": [{"Name": "device", "Value": "d1"}], "TimeUnit": "NANOSECONDS"}
        self.write.write_records(
            DatabaseName=self.name,
            TableName=self.name,
            CommonAttributes=common,
            Records=[{"Time": str(at - n), **record} for n, record in enumerate(records)],
        )

    def cells(self, sql: str) -> list[list[Any]]:
        rows: list[list[Any]] = []
        answer = self.query.query(QueryString=sql)
        while True:
            rows += [[d.get("ScalarValue") for d in row["Data"]] for row in answer["Rows"]]
            if "NextToken" not in answer:
                return rows
            answer = self.query.query(QueryString=sql, NextToken=answer["NextToken"])

    def refusal(self, sql: str) -> str:
        """Return the code of a query's error; "" if it is answered."""
        try:
            self.cells(sql)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return ""

    def is_alive(self) -> bool:
        return self.cells("SELECT 1") == [["1"]]


@pytest.fixture
def table(aws_session: Session, unique: Unique) -> Table:
    return Table(aws_session, unique)


def measure(name: str = "m", value: str = "1.5", kind: str = "DOUBLE") -> dict[str, Any]:
    return {"MeasureName": name, "MeasureValue": value, "MeasureValueType": kind}


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
def test_a_query_reads_nothing_but_its_tables(table: Table, sql: str) -> None:
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
def test_a_monstrous_query_is_refused(table: Table, sql: str) -> None:
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
def test_a_large_query_is_answered_or_refused(table: Table, sql: str) -> None:
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
def test_a_greedy_query_ends_in_its_time(table: Table, sql: str) -> None:
    assert table.refusal(sql) in {"", "ValidationException", "QueryExecutionException"}
    assert table.is_alive()


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
def test_a_name_is_a_name_and_no_sql(table: Table, name: str) -> None:
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


def test_two_names_that_differ_in_case_are_two_tables(table: Table) -> None:
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


def test_a_table_takes_a_thousand_measures_and_no_more(table: Table) -> None:
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


def test_many_query_while_others_write(table: Table) -> None:
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


def token_of(table: Table, sql: str) -> str:
    answer = table.query.query(QueryString=sql, MaxRows=1)
    while not answer["Rows"]:
        answer = table.query.query(QueryString=sql, NextToken=answer["NextToken"], MaxRows=1)
    return str(answer["NextToken"])


def code_of(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as failure:
        call(**arguments)
    return str(failure.value.response["Error"]["Code"])


def test_a_token_is_of_one_query_and_one_caller(
    table: Table, aws_client: AwsClient, unique: Unique
) -> None:
    sql = "SELECT x FROM UNNEST(sequence(1, 10)) AS t(x)"
    token = token_of(table, sql)
    query = table.query.query
    assert code_of(query, QueryString=f"{sql} ", NextToken=token) == "ValidationException"
    assert code_of(query, QueryString=sql, NextToken=token[:-1]) == "ValidationException"
    assert code_of(query, QueryString=sql, NextToken="x") == "ValidationException"
    other = user_client(table, aws_client("iam"), unique("other"), "timestream:*", "*")
    assert code_of(other.query, QueryString=sql, NextToken=token) in {
        "ValidationException",
        "AccessDeniedException",
    }
    assert query(QueryString=sql, NextToken=token, MaxRows=1)["Rows"]


def test_a_token_is_used_five_times_at_most(table: Table) -> None:
    sql = "SELECT x FROM UNNEST(sequence(1, 10)) AS t(x)"
    token, query = token_of(table, sql), table.query.query
    pages = [query(QueryString=sql, NextToken=token, MaxRows=1)["Rows"] for _ in range(5)]
    assert pages == [pages[0]] * 5
    with pytest.raises(ClientError, match="Invalid pagination token"):
        query(QueryString=sql, NextToken=token)


def test_a_token_ends_with_the_use_of_the_next(table: Table) -> None:
    sql = "SELECT x FROM UNNEST(sequence(1, 10)) AS t(x)"
    first, query = token_of(table, sql), table.query.query
    second = query(QueryString=sql, NextToken=first, MaxRows=1)["NextToken"]
    query(QueryString=sql, NextToken=second, MaxRows=1)
    with pytest.raises(ClientError, match="Invalid pagination token"):
        query(QueryString=sql, NextToken=first)


def test_a_cancelled_query_gives_no_more_rows(table: Table) -> None:
    sql = "SELECT x FROM UNNEST(sequence(1, 5000)) AS t(x)"
    answer = table.query.query(QueryString=sql, MaxRows=1)
    while not answer["Rows"]:
        answer = table.query.query(QueryString=sql, NextToken=answer["NextToken"], MaxRows=1)
    table.query.cancel_query(QueryId=answer["QueryId"])
    code = code_of(table.query.query, QueryString=sql, NextToken=answer["NextToken"])
    assert code == "ConflictException"


def test_a_client_token_is_of_one_query(table: Table) -> None:
    token = uuid.uuid4().hex
    same = [table.query.query(QueryString="SELECT 1", ClientToken=token) for _ in range(2)]
    assert same[0]["Rows"] == same[1]["Rows"]
    other = code_of(table.query.query, QueryString="SELECT 2", ClientToken=token)
    assert other in {"ValidationException", "ConflictException"}


def user_client(table: Table, iam: Any, user: str, action: str, resource: str) -> Any:
    iam.create_user(UserName=user)
    allow = '{"Effect": "Allow", "Action": "%s", "Resource": "%s"}'
    statements = ", ".join(
        [allow % (action, resource), allow % ("timestream:DescribeEndpoints", "*")]
    )
    document = f'{{"Version": "2012-10-17", "Statement": [{statements}]}}'
    iam.put_user_policy(UserName=user, PolicyName="narrow", PolicyDocument=document)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    return table.client(
        "timestream-query",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )


def test_a_user_reads_only_what_the_policy_names(
    table: Table, aws_client: AwsClient, unique: Unique
) -> None:
    table.put(measure())
    other = unique("secret")
    table.write.create_table(DatabaseName=table.name, TableName=other)
    arn = table.write.describe_table(DatabaseName=table.name, TableName=table.name)["Table"]["Arn"]
    client = user_client(table, aws_client("iam"), unique("user"), "timestream:Select", arn)
    assert client.query(QueryString=f"SELECT * FROM {table.place}")["Rows"]
    denied = [
        f'SELECT * FROM "{table.name}"."{other}"',
        f'SELECT a.* FROM {table.place} a JOIN "{table.name}"."{other}" b ON a.time = b.time',
        f'SELECT (SELECT count(*) FROM "{table.name}"."{other}") FROM {table.place}',
        f'WITH x AS (SELECT * FROM "{table.name}"."{other}") SELECT 1 FROM {table.place}',
        f'SELECT 1 FROM {table.place} WHERE EXISTS (SELECT 1 FROM "{table.name}"."{other}")',
        f'SELECT time FROM {table.place} UNION ALL SELECT time FROM "{table.name}"."{other}"',
        "SELECT 1",
        f"SHOW MEASURES FROM {table.place}",
        f"DESCRIBE {table.place}",
        "SHOW DATABASES",
        f'SHOW TABLES FROM "{table.name}"',
    ]
    assert {sql: code_of(client.query, QueryString=sql) for sql in denied} == dict.fromkeys(
        denied, "AccessDeniedException"
    )


def test_a_stranger_is_not_let_in(table: Table) -> None:
    keys = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "x" * 40}
    for service, call in (("timestream-write", "list_databases"), ("timestream-query", "query")):
        client = table.client(service, **keys)
        arguments = {"QueryString": "SELECT 1"} if call == "query" else {}
        assert code_of(getattr(client, call), **arguments) in {
            "UnrecognizedClientException",
            "InvalidClientTokenId",
            "AccessDeniedException",
        }


def test_what_was_acknowledged_survives_a_kill(lab_workspace: Settings) -> None:
    session = control.start(lab_workspace)
    write = client_of(session, "timestream-write")
    write.create_database(DatabaseName="kept")
    write.create_table(DatabaseName="kept", TableName="kept")
    for number in range(20):
        record = {**measure("m", f"{number}.5"), "Time": str(time.time_ns() // 1_000_000)}
        record["Dimensions"] = [{"Name": "number", "Value": str(number)}]
        write.write_records(DatabaseName="kept", TableName="kept", Records=[record])
    os.kill(session.pid, signal.SIGKILL)
    wait_until(lambda: control.find(lab_workspace) is None, "the end of the server")
    query = client_of(control.start(lab_workspace), "timestream-query")
    answer = query.query(QueryString='SELECT count(*) FROM "kept"."kept"')
    assert answer["Rows"][0]["Data"][0]["ScalarValue"] == "20"

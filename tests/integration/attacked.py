"""A table of Timestream to attack, with clients that wait no longer than an answer may take."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from lab_utils.local_aws.session_file import Session

ANSWER_S = 30


class AttackedTable:
    """A table of one's own, with clients that wait no longer than an answer may take."""

    def __init__(self, session: Session, unique: Callable[[str], str]) -> None:
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


def measure(name: str = "m", value: str = "1.5", kind: str = "DOUBLE") -> dict[str, Any]:
    return {"MeasureName": name, "MeasureValue": value, "MeasureValueType": kind}

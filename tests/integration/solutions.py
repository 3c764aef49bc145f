"""Solutions of parts 1 to 4, right and wrong ones, made with boto3 under any names."""

from __future__ import annotations

import functools
import json
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab_utils.checks.base import CheckContext, Result, run_check
from lab_utils.checks.catalogue import ALL_CHECKS
from lab_utils.lab_time import Timeline
from lab_utils.local_aws import control
from lab_utils.local_aws.session_file import Session
from lab_utils.mqtt import Device, DeviceFiles
from lab_utils.settings import CHECKOUT, read_settings
from tests.integration.air_conditioning import HANDLER, workbook_package
from tests.integration.conftest import client_of
from tests.integration.things import (
    create_device,
    create_role,
    create_rule,
    put_item_action,
    timestream_action,
    wait_until,
)

TABLE = "Temperature"
SQL = "SELECT * FROM 'sensor/temperature/+' WHERE temperature >= 40"
DATABASE, READINGS = "iot", "temperaturesensor"
READINGS_SQL = "SELECT * FROM 'sensor/temperature/+'"
DIMENSIONS = {name: f"${{{name}}}" for name in ("sensor_id", "temperature", "zone_id")}
POLICY_FILE = CHECKOUT / "terraform" / "files" / "iot_policy.json"
TIMEOUT_S = 2.0


@dataclass
class Solution:
    """A student's work: the device of part 1 at once, the other parts when they are asked for."""

    session: Session
    aws_client: Any
    folder: Path
    name: str = field(default_factory=lambda: f"any_{uuid.uuid4().hex[:8]}")

    def __post_init__(self) -> None:
        self.iot, self.iam = self.aws_client("iot"), self.aws_client("iam")
        self.dynamodb = self.aws_client("dynamodb")
        self.timestream = self.aws_client("timestream-write")
        self.functions, self.events = self.aws_client("lambda"), self.aws_client("events")
        self.memory: dict[str, Any] = {}
        self.rule_arn = ""
        statements = json.loads(POLICY_FILE.read_text(encoding="utf-8"))["Statement"]
        self.device = create_device(self.iot, self.folder, self.name, statements)
        shutil.copy(POLICY_FILE, self.folder)
        self.iot.create_thing(thingName=self.name)
        self.iot.attach_thing_principal(thingName=self.name, principal=self.device.arn)
        self.outputs: dict[str, Any] = {"iot_endpoint": self.session.mqtt_host}

    def add_part2(
        self,
        *,
        sql: str = SQL,
        key: tuple[str, str] = ("id", "S"),
        actions: dict[str, str] | None = None,
        service: str = "iot.amazonaws.com",
        is_disabled: bool = False,
    ) -> None:
        table_arn = create_table_with_key(self.dynamodb, *key)
        allowed = {"dynamodb:PutItem": table_arn} if actions is None else actions
        role_arn = create_role(self.iam, self.name, allowed, {"Service": service})
        create_rule(self.iot, self.name, sql, [put_item_action(role_arn, TABLE)])
        if is_disabled:
            self.iot.disable_topic_rule(ruleName=self.name)

    def add_part3(
        self,
        *,
        sql: str = READINGS_SQL,
        dimensions: dict[str, str] = DIMENSIONS,
        unit: str | None = "MILLISECONDS",
        actions: dict[str, str] | None = None,
        service: str = "iot.amazonaws.com",
        is_disabled: bool = False,
    ) -> None:
        self.timestream.create_database(DatabaseName=DATABASE)
        made = self.timestream.create_table(DatabaseName=DATABASE, TableName=READINGS)
        allowed = write_permissions(made["Table"]["Arn"]) if actions is None else actions
        role_arn = create_role(self.iam, self.readings_name, allowed, {"Service": service})
        action = timestream_action(role_arn, DATABASE, READINGS, dimensions, unit)
        create_rule(self.iot, self.readings_name, sql, [action])
        if is_disabled:
            self.iot.disable_topic_rule(ruleName=self.readings_name)

    def add_part4(
        self,
        code: bytes,
        *,
        expression: str = "rate(1 minute)",
        actions: dict[str, str] | None = None,
        handler: str = HANDLER,
    ) -> None:
        """Add a function with its role, its schedule and the permission; part 3 has to be there."""
        allowed = function_permissions(self.readings_arn) if actions is None else actions
        trust = {"Service": "lambda.amazonaws.com"}
        role_arn = create_role(self.iam, self.function_name, allowed, trust)
        made = self.functions.create_function(
            FunctionName=self.function_name,
            Role=role_arn,
            Runtime="python3.13",
            Handler=handler,
            Code={"ZipFile": code},
            Timeout=10,
        )
        self.schedule(expression, [made["FunctionArn"]])
        self.permit(self.rule_arn)

    def schedule(self, expression: str, targets: list[str], state: str = "ENABLED") -> None:
        """Put the rule with its targets in place of what it was."""
        made = self.events.put_rule(
            Name=self.function_name, ScheduleExpression=expression, State=state
        )
        self.rule_arn = str(made["RuleArn"])
        old = self.events.list_targets_by_rule(Rule=self.function_name)["Targets"]
        if old:
            self.events.remove_targets(Rule=self.function_name, Ids=[one["Id"] for one in old])
        new = [{"Id": str(number), "Arn": arn} for number, arn in enumerate(targets)]
        if new:
            self.events.put_targets(Rule=self.function_name, Targets=new)

    def permit(self, source_arn: str | None, **more: str) -> None:
        """Let EventBridge invoke the function for a source; for None nobody may."""
        with suppress(self.functions.exceptions.ResourceNotFoundException):
            self.functions.remove_permission(
                FunctionName=self.function_name, StatementId="AllowExecutionFromCloudWatch"
            )
        if source_arn is not None:
            source = {"SourceArn": source_arn} if source_arn else {}
            self.functions.add_permission(
                FunctionName=self.function_name,
                StatementId="AllowExecutionFromCloudWatch",
                Action="lambda:InvokeFunction",
                Principal="events.amazonaws.com",
                **source,
                **more,
            )

    def deploy(self, code: bytes) -> None:
        """Replace the function's code, and wait until it is the one that runs."""
        self.functions.update_function_code(FunctionName=self.function_name, ZipFile=code)
        wait_until(
            lambda: self.function()["LastUpdateStatus"] == "Successful", "the code is deployed"
        )

    def function(self) -> dict[str, Any]:
        """Return part 4's function as AWS tells it."""
        told = self.functions.get_function_configuration(FunctionName=self.function_name)
        return dict(told)

    @property
    def function_name(self) -> str:
        """The name of part 4's function, role and schedule."""
        return f"{self.name}_function"

    @property
    def readings_arn(self) -> str:
        """The ARN of part 3's table."""
        described = self.timestream.describe_table(DatabaseName=DATABASE, TableName=READINGS)
        return str(described["Table"]["Arn"])

    @property
    def readings_name(self) -> str:
        """The name of part 3's rule and role."""
        return f"{self.name}_readings"

    def check(self, check_id: str) -> Result:
        check = next(one for one in ALL_CHECKS if one.id == check_id)
        return run_check(check, self.context)

    @property
    def context(self) -> CheckContext:
        return CheckContext(
            client=self.aws_client,
            outputs=self.outputs,
            device=self.make_device,
            timeout_s=TIMEOUT_S,
            timeline=self.read_timeline,
            memory=self.memory,
        )

    def read_timeline(self) -> Timeline:
        session = self.session
        return Timeline.read(session.speed, lambda: control.lab_time_ns(session))

    def make_device(self, client_id: str) -> Device:
        files = DeviceFiles(
            self.device.certificate, self.device.private_key, Path(self.session.ca_file)
        )
        return Device(self.session.mqtt_host, self.session.mqtt_port, files, client_id)

    def items(self) -> list[Any]:
        return list(self.dynamodb.scan(TableName=TABLE)["Items"])

    def remove(self) -> None:
        """Remove what has a fixed name, so that the next solution finds its place empty."""
        for rule in self.iot.list_topic_rules()["rules"]:
            if rule["ruleName"].startswith(self.name):
                self.iot.delete_topic_rule(ruleName=rule["ruleName"])
        with suppress(self.functions.exceptions.ResourceNotFoundException):
            self.functions.delete_function(FunctionName=self.function_name)
        if self.rule_arn:
            self.schedule("rate(1 minute)", [])
            self.events.delete_rule(Name=self.function_name)
        if TABLE in self.dynamodb.list_tables()["TableNames"]:
            self.dynamodb.delete_table(TableName=TABLE)
        with suppress(self.timestream.exceptions.ResourceNotFoundException):
            for table in self.timestream.list_tables(DatabaseName=DATABASE)["Tables"]:
                self.timestream.delete_table(DatabaseName=DATABASE, TableName=table["TableName"])
            self.timestream.delete_database(DatabaseName=DATABASE)


@contextmanager
def part4_solution(folder: Path, speed: int = 1) -> Iterator[Solution]:
    """A right solution of parts 1, 3 and 4 in an embedded AWS of its own."""
    (folder / "workspace" / "terraform" / "files").mkdir(parents=True)
    settings = read_settings(workspace=folder / "workspace", speed=speed, environ={})
    session = control.start(settings)
    client = functools.cache(functools.partial(client_of, session))
    solution = Solution(session, client, folder / "files")
    solution.add_part3()
    solution.add_part4(workbook_package())
    yield solution
    control.stop(settings)


def write_permissions(table_arn: str) -> dict[str, str]:
    """Return the actions that a Timestream rule needs, each with its resource."""
    return {"timestream:WriteRecords": table_arn, "timestream:DescribeEndpoints": "*"}


def function_permissions(table_arn: str) -> dict[str, str]:
    """Return the actions that part 4's function needs, each with its resource."""
    return {
        "timestream:Select": table_arn,
        "timestream:DescribeEndpoints": "*",
        "iot:Publish": "*",
    }


def create_table_with_key(dynamodb: Any, name: str, kind: str) -> str:
    made = dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": name, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind}],
        BillingMode="PAY_PER_REQUEST",
    )
    return str(made["TableDescription"]["TableArn"])


def failed(work: Solution, check_id: str) -> Result:
    """Return the result of a check that has to fail, and has to say what to do."""
    result = work.check(check_id)
    assert (result.status, result.earned) == ("failed", 0), result
    assert result.seen
    assert result.wanted
    assert result.hint
    return result

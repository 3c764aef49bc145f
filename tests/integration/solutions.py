"""Solutions of parts 1 and 2, right and wrong ones, made with boto3 under any names."""

from __future__ import annotations

import json
import shutil
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab_utils.checks.base import CheckContext, Result, run_check
from lab_utils.checks.catalogue import ALL_CHECKS
from lab_utils.local_aws.session_file import Session
from lab_utils.mqtt import Device, DeviceFiles
from lab_utils.settings import CHECKOUT
from tests.integration.things import (
    create_device,
    create_role,
    create_rule,
    put_item_action,
)

TABLE = "Temperature"
SQL = "SELECT * FROM 'sensor/temperature/+' WHERE temperature >= 40"
POLICY_FILE = CHECKOUT / "terraform" / "files" / "iot_policy.json"
TIMEOUT_S = 2.0


@dataclass
class Solution:
    """A student's work: the device of part 1 at once, part 2 when it is asked for."""

    session: Session
    aws_client: Any
    folder: Path
    name: str = field(default_factory=lambda: f"any_{uuid.uuid4().hex[:8]}")

    def __post_init__(self) -> None:
        self.iot, self.iam = self.aws_client("iot"), self.aws_client("iam")
        self.dynamodb = self.aws_client("dynamodb")
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
        )

    def make_device(self, client_id: str) -> Device:
        files = DeviceFiles(
            self.device.certificate, self.device.private_key, Path(self.session.ca_file)
        )
        return Device(self.session.mqtt_host, self.session.mqtt_port, files, client_id)

    def items(self) -> list[Any]:
        return list(self.dynamodb.scan(TableName=TABLE)["Items"])

    def remove_part2(self) -> None:
        """Remove what has a fixed name, so that the next solution finds its place empty."""
        if self.name in {rule["ruleName"] for rule in self.iot.list_topic_rules()["rules"]}:
            self.iot.delete_topic_rule(ruleName=self.name)
        if TABLE in self.dynamodb.list_tables()["TableNames"]:
            self.dynamodb.delete_table(TableName=TABLE)


def create_table_with_key(dynamodb: Any, name: str, kind: str) -> str:
    made = dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": name, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind}],
        BillingMode="PAY_PER_REQUEST",
    )
    return str(made["TableDescription"]["TableArn"])

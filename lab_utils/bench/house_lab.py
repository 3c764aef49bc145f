"""The practical's resources for a benchmark with the house itself, made without Terraform."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab_utils.bench import house
from lab_utils.bench.outcome import BenchmarkError
from lab_utils.functions import package_function
from lab_utils.session import Lab
from lab_utils.waiting import wait_for
from lab_utils.workspace import ENDPOINT_OUTPUT

if TYPE_CHECKING:
    import pandas as pd

    from lab_utils.house.events import HousePlan, Snapshot, Switch

FUNCTION, SCHEDULE = "ac_control_lambda", "every_minute"
_TICK_S = 10.0
_ROLE, _QUEUE = "bench_function", "bench_ticks"
_ACTIONS = ["timestream:Select", "timestream:DescribeEndpoints", "iot:Publish", "logs:*"]


class BenchLab(Lab):
    """The lab of a benchmark's workspace, without Terraform and without a word.

    Args:
        workspace: The workspace.
        speed: The lab clock's factor; None takes what runs.
    """

    def __init__(self, workspace: Path, speed: int | None = None) -> None:
        super().__init__("local", workspace, speed=speed, report=be_quiet)

    @property
    def outputs(self) -> dict[str, Any]:
        """The endpoint, as Terraform would tell it."""
        answer = self.client("iot").describe_endpoint(endpointType="iot:Data-ATS")
        return {ENDPOINT_OUTPUT: answer["endpointAddress"]}


class NoWatcher:
    """Watches a house without doing anything."""

    def start(self, plan: HousePlan) -> None:
        """Do nothing."""

    def step(self, snapshot: Snapshot) -> None:
        """Do nothing."""

    def finish(self, sent: pd.DataFrame, switches: list[Switch], stopped: bool) -> None:
        """Do nothing."""


def make_readings_way(lab: Lab) -> None:
    """Make the devices' certificate, and the rule that writes all readings to Timestream."""
    files = lab.device_files
    files.certificate.parent.mkdir(parents=True, exist_ok=True)
    house.make_device_files(lab.client, files.certificate, files.private_key)
    house.make_role(lab.client)
    house.make_timestream_rule(lab.client)


def make_schedule(lab: Lab) -> str:
    """Deploy the Lambda, run it every lab minute, and return a queue that is told each minute."""
    package = package_function(lab.settings.workspace, f"lambda/{FUNCTION}", be_quiet)
    functions, events = lab.client("lambda"), lab.client("events")
    function_arn = functions.create_function(
        FunctionName=FUNCTION,
        Role=_make_function_role(lab),
        Runtime="python3.13",
        Handler=f"{FUNCTION}.lambda_handler",
        Timeout=30,
        Code={"ZipFile": package.read_bytes()},
    )["FunctionArn"]
    functions.get_waiter("function_active_v2").wait(FunctionName=FUNCTION)
    rule_arn = events.put_rule(Name=SCHEDULE, ScheduleExpression="rate(1 minute)")["RuleArn"]
    functions.add_permission(
        FunctionName=FUNCTION,
        StatementId=SCHEDULE,
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=rule_arn,
    )
    url, queue_arn = _make_queue(lab)
    targets = [{"Id": "function", "Arn": function_arn}, {"Id": "queue", "Arn": queue_arn}]
    events.put_targets(Rule=SCHEDULE, Targets=targets)
    return url


def scheduled_time(lab: Lab, queue: str) -> datetime:
    """Return when a schedule ran once, to the second; it does so whole lab minutes apart.

    Args:
        lab: The lab.
        queue: The queue of `make_schedule`.

    Raises:
        BenchmarkError: It does not run.
    """
    sqs = lab.client("sqs")
    messages = wait_for(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"), _TICK_S)
    if messages is None:
        raise BenchmarkError(
            "run the Lambda every lab minute",
            "The schedule has not run once.",
            "look at the log of the embedded AWS; if it stays so, schedules do not run.",
        )
    return datetime.fromisoformat(json.loads(messages[0]["Body"])["time"])


def count_readings(lab: Lab) -> int:
    """Return how many readings are in Timestream, each counted once.

    A reading is four records. Its id is counted: a temperature without decimals is a whole number,
    and refused where others have decimals.
    """
    place = f'"{house.DATABASE}"."{house.TABLE}"'
    sql = f"SELECT count(DISTINCT measure_value::varchar) FROM {place} WHERE measure_name = 'id'"
    answer = lab.client("timestream-query").query(QueryString=sql)
    return int(answer["Rows"][0]["Data"][0]["ScalarValue"])


def be_quiet(_line: str) -> None:
    """Take a line that is of no interest here."""


def _make_function_role(lab: Lab) -> str:
    iam = lab.client("iam")
    trusted = {"Service": "lambda.amazonaws.com"}
    trust = {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName=_ROLE, AssumeRolePolicyDocument=_policy(trust))
    allowed = {"Effect": "Allow", "Action": _ACTIONS, "Resource": "*"}
    iam.put_role_policy(RoleName=_ROLE, PolicyName="work", PolicyDocument=_policy(allowed))
    return str(role["Role"]["Arn"])


def _make_queue(lab: Lab) -> tuple[str, str]:
    sqs = lab.client("sqs")
    url = sqs.create_queue(QueueName=_QUEUE)["QueueUrl"]
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, told["Attributes"]["QueueArn"]


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

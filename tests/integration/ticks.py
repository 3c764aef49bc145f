"""What a fast lab's schedules send, as a queue and a function get it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from lab_utils.lab_time import moment_of
from lab_utils.local_aws import control
from lab_utils.local_aws.session_file import Session
from tests.integration.conftest import client_of
from tests.integration.lambdas import LAMBDA_TRUST, LOGGING, packed
from tests.integration.things import create_role, wait_until

Unique = Callable[[str], str]
MINUTE = timedelta(minutes=1)
ECHO = """
import json

def handler(event, context):
    print("EVENT " + json.dumps(event))
    if isinstance(event, dict) and event.get("fails"):
        raise ValueError("as asked")
"""


class Ticks:
    """Makes schedules in a fast lab, and what they invoke.

    Args:
        session: The fast lab.
        unique: Makes a name that no other test uses.
    """

    def __init__(self, session: Session, unique: Unique) -> None:
        self.session, self.unique = session, unique
        self.events = client_of(session, "events")
        self.scheduler = client_of(session, "scheduler")
        self.sqs, self.functions = client_of(session, "sqs"), client_of(session, "lambda")
        self.logs = client_of(session, "logs")

    def now(self) -> datetime:
        """Return the lab's time."""
        return moment_of(control.lab_time_ns(self.session))

    def queue(self) -> tuple[str, str]:
        """Return URL and ARN of a new queue."""
        url = self.sqs.create_queue(QueueName=self.unique("queue"))["QueueUrl"]
        answer = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, answer["Attributes"]["QueueArn"]

    def rule(self, *targets: dict[str, Any], expression: str = "rate(1 minute)") -> tuple[str, str]:
        """Return name and ARN of a new rule with targets."""
        name = self.unique("rule")
        arn = self.events.put_rule(Name=name, ScheduleExpression=expression)["RuleArn"]
        numbered = [{"Id": str(number), **target} for number, target in enumerate(targets)]
        if numbered:
            answer = self.events.put_targets(Rule=name, Targets=numbered)
            assert answer["FailedEntryCount"] == 0
        return name, arn

    def received(self, url: str, count: int, timeout_s: float = 10.0) -> list[Any]:
        """Return what a queue got, in its order, once there is so much."""
        found: list[Any] = []

        def look() -> bool:
            answer = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
            for message in answer.get("Messages", ()):
                found.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return len(found) >= count

        wait_until(look, f"{count} messages in {url}", timeout_s)
        return found

    def function(self, rule_arn: str | None, retries: int | None = None) -> tuple[str, str]:
        """Return name and ARN of a new function that prints its event, for a rule to invoke."""
        name = self.unique("echo")
        iam = client_of(self.session, "iam")
        role = create_role(iam, self.unique("role"), LOGGING, LAMBDA_TRUST)
        arn = self.functions.create_function(
            FunctionName=name,
            Role=role,
            Runtime="python3.13",
            Handler="echo.handler",
            Code={"ZipFile": packed({"echo.py": ECHO})},
        )["FunctionArn"]
        if rule_arn is not None:
            self.allow(name, rule_arn)
        if retries is not None:
            self.functions.put_function_event_invoke_config(
                FunctionName=name, MaximumRetryAttempts=retries
            )
        return name, arn

    def allow(self, function: str, rule_arn: str) -> None:
        """Let a rule invoke a function."""
        self.functions.add_permission(
            FunctionName=function,
            StatementId="rule",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=rule_arn,
        )

    def printed(self, function: str) -> list[tuple[int, Any]]:
        """Return what a function printed of its events: the log's time in ms, and the event."""
        group = f"/aws/lambda/{function}"
        if not self.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            return []
        pages = self.logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, filterPattern="EVENT"
        )
        lines = [(event["timestamp"], event["message"]) for p in pages for event in p["events"]]
        return [(ms, json.loads(text.partition("EVENT ")[2])) for ms, text in lines]


def time_of(event: dict[str, Any]) -> datetime:
    """Return the time that an event names."""
    return datetime.fromisoformat(event["time"])

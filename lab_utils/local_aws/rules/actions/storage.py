"""Actions that keep the result as an S3 object or in a log group."""

from __future__ import annotations

import json
from functools import partial
from typing import Any, ClassVar

from lab_utils.local_aws.rules.actions.base import Specification, Step, require_answer
from lab_utils.local_aws.rules.message import Message
from lab_utils.local_aws.rules.output import as_bytes, as_text
from lab_utils.local_aws.rules.roles import ActionFailedError, Permission
from lab_utils.local_aws.rules.services import ServiceRequest
from lab_utils.local_aws.rules.sql.context import MessageContext
from lab_utils.local_aws.rules.sql.template import Template

S3, LOGS = "Amazon S3", "AWSLogs"
_LOGS_TARGET = "Logs_20140328"
_ALREADY_THERE = "ResourceAlreadyExistsException"
_ACLS = (
    "private",
    "public-read",
    "public-read-write",
    "aws-exec-read",
    "authenticated-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
    "log-delivery-write",
)


class S3Action:
    """Writes the result as an object of a bucket.

    Source:
        https://docs.aws.amazon.com/iot/latest/developerguide/s3-rule-action.html
    """

    kind: ClassVar[str] = "s3"
    log_name: ClassVar[str] = "S3Action"

    def __init__(self, given: Specification) -> None:
        self.role_arn = given.fixed("roleArn")
        self.resource = given.text("bucketName")
        self._bucket, self._key = given.template("bucketName"), given.template("key")
        self._acl = given.one_of("cannedAcl", "private", _ACLS)
        self._services = given.services
        self.templates: tuple[Template, ...] = (self._bucket, self._key)

    def prepare(self, message: Message, context: MessageContext, output: Any) -> Step:
        """Return the writing of the object."""
        bucket, key = self._bucket.render(context), self._key.render(context)
        return Step(
            resource=bucket,
            resources={"Bucket": bucket, "Key": key},
            purpose="put S3 object",
            permissions=(Permission(S3, "s3:PutObject", f"arn:aws:s3:::{bucket}/{key}"),),
            perform=partial(self._put, message, bucket, key, as_bytes(output)),
        )

    def _put(self, message: Message, bucket: str, key: str, body: bytes) -> None:
        headers = {"x-amz-acl": self._acl}
        require_answer(self._services.put_object(message.place, bucket, key, body, headers), S3)


class CloudwatchLogsAction:
    """Writes the result as events of a log group, which has to be there.

    The stream has the rule's name: AWS documents none.

    Source:
        https://docs.aws.amazon.com/iot/latest/developerguide/cloudwatch-logs-rule-action.html
    """

    kind: ClassVar[str] = "cloudwatchLogs"
    log_name: ClassVar[str] = "CloudwatchLogsAction"

    def __init__(self, given: Specification) -> None:
        self.role_arn = given.fixed("roleArn")
        self.resource = given.text("logGroupName")
        self._group = given.template("logGroupName")
        self._is_batch = bool(given.members.get("batchMode"))
        self._stream = given.rule_arn.rpartition("/")[2]
        self._services = given.services
        self.templates: tuple[Template, ...] = (self._group,)

    def prepare(self, message: Message, context: MessageContext, output: Any) -> Step:
        """Return the writing of the events."""
        group = self._group.render(context)
        arn = message.place.arn("logs", f"log-group:{group}:log-stream:{self._stream}")
        return Step(
            resource=group,
            resources={"LogGroupName": group},
            purpose="write to the log group",
            permissions=(Permission(LOGS, "logs:PutLogEvents", arn),),
            perform=partial(self._write, message, group, self._events(output, message.now_ms)),
        )

    def _events(self, output: Any, now_ms: int) -> list[dict[str, Any]]:
        if not self._is_batch:
            return [{"timestamp": now_ms, "message": as_text(output)}]
        is_list = isinstance(output, list) and all(isinstance(one, dict) for one in output)
        if not is_list or not all({"timestamp", "message"} <= one.keys() for one in output):
            raise ActionFailedError(
                "In batch mode the result has to be an array of objects with timestamp and message."
            )
        events: list[dict[str, Any]] = [
            {"timestamp": int(one["timestamp"]), "message": str(one["message"])} for one in output
        ]
        return sorted(events, key=lambda event: int(event["timestamp"]))

    async def _write(self, message: Message, group: str, events: list[dict[str, Any]]) -> None:
        names = {"logGroupName": group, "logStreamName": self._stream}
        for operation, document in (
            ("CreateLogStream", names),
            ("PutLogEvents", {**names, "logEvents": events}),
        ):
            request = logs_request(operation, document)
            answer = await self._services.request(message.place, request)
            if answer.code() != _ALREADY_THERE:
                require_answer(answer, LOGS)


def logs_request(operation: str, document: dict[str, Any]) -> ServiceRequest:
    """Return a request to CloudWatch Logs."""
    headers = {"content-type": "application/x-amz-json-1.1"}
    body = json.dumps(document).encode()
    return ServiceRequest("logs", f"{_LOGS_TARGET}.{operation}", body, headers=headers)

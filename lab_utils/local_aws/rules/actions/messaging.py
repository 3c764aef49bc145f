"""Actions that hand the result to SNS, SQS or Kinesis."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode

from lab_utils.local_aws.rules.actions.base import Outcome, Specification, Step, require_answer
from lab_utils.local_aws.rules.message import Message
from lab_utils.local_aws.rules.output import as_base64, as_bytes, as_text
from lab_utils.local_aws.rules.roles import Permission
from lab_utils.local_aws.rules.services import ActionServices, ServiceRequest
from lab_utils.local_aws.rules.sql.context import MessageContext
from lab_utils.local_aws.rules.sql.template import Template

SNS, SQS, KINESIS = "AmazonSNS", "AmazonSQS", "AmazonKinesis"


class SnsAction:
    """Publishes the result to an SNS topic.

    Source:
        https://docs.aws.amazon.com/iot/latest/developerguide/sns-rule-action.html
    """

    kind: ClassVar[str] = "sns"
    log_name: ClassVar[str] = "SnsAction"

    def __init__(self, given: Specification) -> None:
        self.role_arn = given.fixed("roleArn")
        self.resource = given.text("targetArn")
        self._target = given.template("targetArn")
        self._format = given.one_of("messageFormat", "RAW", ("RAW", "JSON"))
        self._services = given.services
        self.templates: tuple[Template, ...] = (self._target,)

    def prepare(self, message: Message, context: MessageContext, output: Any) -> Step:
        """Return the publishing."""
        target = self._target.render(context)
        form = {"Action": "Publish", "Version": "2010-03-31", "TopicArn": target}
        form["Message"] = as_text(output)
        if self._format == "JSON":
            form["MessageStructure"] = "json"
        headers = {"content-type": "application/x-www-form-urlencoded"}
        request = ServiceRequest("sns", body=urlencode(form).encode(), headers=headers)
        return Step(
            resource=target,
            resources={"TargetArn": target},
            purpose="publish to the SNS topic",
            permissions=(Permission(SNS, "sns:Publish", target),),
            perform=partial(_send, self._services, message, request, SNS),
        )


class SqsAction:
    """Sends the result to an SQS queue.

    Source:
        https://docs.aws.amazon.com/iot/latest/developerguide/sqs-rule-action.html
    """

    kind: ClassVar[str] = "sqs"
    log_name: ClassVar[str] = "SqsAction"

    def __init__(self, given: Specification) -> None:
        self.role_arn = given.fixed("roleArn")
        self.resource = given.text("queueUrl")
        self._queue = given.template("queueUrl")
        self._is_base64 = bool(given.members.get("useBase64"))
        self._services = given.services
        self.templates: tuple[Template, ...] = (self._queue,)

    def prepare(self, message: Message, context: MessageContext, output: Any) -> Step:
        """Return the sending."""
        queue = self._queue.render(context)
        body = as_base64(as_bytes(output)) if self._is_base64 else as_text(output)
        document = {"QueueUrl": queue, "MessageBody": body}
        request = ServiceRequest.json("sqs", "AmazonSQS.SendMessage", document)
        queue_arn = message.place.arn("sqs", queue.rpartition("/")[2])
        return Step(
            resource=queue,
            resources={"QueueUrl": queue},
            purpose="send to the SQS queue",
            permissions=(Permission(SQS, "sqs:SendMessage", queue_arn),),
            perform=partial(_send, self._services, message, request, SQS),
        )


class KinesisAction:
    """Puts the result into a Kinesis stream.

    Source:
        https://docs.aws.amazon.com/iot/latest/developerguide/kinesis-rule-action.html
    """

    kind: ClassVar[str] = "kinesis"
    log_name: ClassVar[str] = "KinesisAction"

    def __init__(self, given: Specification) -> None:
        self.role_arn = given.fixed("roleArn")
        self.resource = given.text("streamName")
        self._stream = given.template("streamName")
        self._key = given.optional("partitionKey", "${newuuid()}")
        self._services = given.services
        self.templates: tuple[Template, ...] = (self._stream, self._key)

    def prepare(self, message: Message, context: MessageContext, output: Any) -> Step:
        """Return the putting of a record."""
        stream, key = self._stream.render(context), self._key.render(context)
        document = {
            "StreamName": stream,
            "PartitionKey": key,
            "Data": as_base64(as_bytes(output)),
        }
        request = ServiceRequest.json("kinesis", "Kinesis_20131202.PutRecord", document)
        stream_arn = message.place.arn("kinesis", f"stream/{stream}")
        return Step(
            resource=stream,
            resources={"StreamName": stream, "PartitionKey": key},
            purpose="put a record into the Kinesis stream",
            permissions=(Permission(KINESIS, "kinesis:PutRecord", stream_arn),),
            perform=partial(_send, self._services, message, request, KINESIS),
        )


def _send(
    services: ActionServices, message: Message, request: ServiceRequest, name: str
) -> Outcome:
    return _answered(services, message, request, name)


async def _answered(
    services: ActionServices, message: Message, request: ServiceRequest, name: str
) -> None:
    require_answer(await services.request(message.place, request), name)

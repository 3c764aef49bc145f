"""The Lambda action: a function gets the result as its event."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar
from urllib.parse import quote

from lab_utils.local_aws.rules.actions.base import Outcome, Specification, Step, require_answer
from lab_utils.local_aws.rules.message import Message
from lab_utils.local_aws.rules.output import as_bytes
from lab_utils.local_aws.rules.roles import function_denied
from lab_utils.local_aws.rules.services import ServiceRequest
from lab_utils.local_aws.rules.sql.context import MessageContext
from lab_utils.local_aws.rules.sql.template import Template

LAMBDA = "AWSLambda"


class LambdaAction:
    """Invokes a function, and does not wait for it.

    No role of the rule is asked: the function's own policy has to let ``iot.amazonaws.com`` in,
    with the rule as its source.

    Source:
        https://docs.aws.amazon.com/iot/latest/developerguide/lambda-rule-action.html
    """

    kind: ClassVar[str] = "lambda"
    log_name: ClassVar[str] = "LambdaAction"
    role_arn: str = ""

    def __init__(self, given: Specification) -> None:
        self.resource = given.text("functionArn")
        self._function = given.template("functionArn")
        self.templates: tuple[Template, ...] = (self._function,)
        self._services = given.services
        self._rule_arn = given.rule_arn

    def prepare(self, message: Message, context: MessageContext, output: Any) -> Step:
        """Return the invocation."""
        function = self._function.render(context)
        return Step(
            resource=function,
            resources={"FunctionArn": function},
            purpose="invoke the Lambda function",
            permissions=(),
            perform=partial(self._invoke, message, function, as_bytes(output)),
        )

    def _invoke(self, message: Message, function: str, event: bytes) -> Outcome:
        if not self._services.function_allows(message.place, function, self._rule_arn):
            raise function_denied(function)
        return self._answered(message, function, event)

    async def _answered(self, message: Message, function: str, event: bytes) -> None:
        request = invocation(function, event, "Event")
        require_answer(await self._services.request(message.place, request), LAMBDA)


def invocation(function_arn: str, event: bytes, kind: str) -> ServiceRequest:
    """Return the request that invokes a function, waiting for it or not."""
    return ServiceRequest(
        service="lambda",
        path=f"/2015-03-31/functions/{quote(function_arn, safe='')}/invocations",
        body=event or b"{}",
        headers={"x-amz-invocation-type": kind, "content-type": "application/json"},
    )

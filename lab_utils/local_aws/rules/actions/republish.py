"""The republish action: the result goes back to the broker, on another topic."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from lab_utils.local_aws.rules.actions.base import Outcome, Specification, Step
from lab_utils.local_aws.rules.message import Message
from lab_utils.local_aws.rules.output import as_bytes
from lab_utils.local_aws.rules.roles import ActionFailedError, Permission
from lab_utils.local_aws.rules.services import Headers
from lab_utils.local_aws.rules.sql.context import MessageContext
from lab_utils.local_aws.rules.sql.template import Template, parse_template

IOT_DATA = "AWSIotData"
_HEADERS = {
    "payload_format": "payloadFormatIndicator",
    "content_type": "contentType",
    "response_topic": "responseTopic",
    "correlation_data": "correlationData",
    "message_expiry": "messageExpiry",
}


class RepublishAction:
    """Publishes the result.

    Args:
        given: The declared action.

    Raises:
        InvalidActionError: A member is missing, or the QoS is neither 0 nor 1.
        SqlParseError: A template cannot be read.

    Source:
        https://docs.aws.amazon.com/iot/latest/developerguide/republish-rule-action.html
    """

    kind: ClassVar[str] = "republish"
    log_name: ClassVar[str] = "RepublishAction"

    def __init__(self, given: Specification) -> None:
        self.role_arn = given.fixed("roleArn")
        self.resource = given.text("topic")
        self._services = given.services
        self._topic = parse_template(_unescaped(self.resource), given.version)
        self._qos = given.members.get("qos") or 0
        if self._qos not in (0, 1):
            where = given.member("qos")
            constraint = "Member must have value less than or equal to 1"
            raise given.refusal(f"Value '{self._qos}' at '{where}'", constraint)
        self._headers = _HeaderTemplates(given)
        self.templates: tuple[Template, ...] = (self._topic, *self._headers.templates)

    def prepare(self, message: Message, context: MessageContext, output: Any) -> Step:
        """Return the publishing of the result."""
        topic = self._topic.render(context)
        if not topic or "+" in topic or "#" in topic:
            raise ActionFailedError(f"The topic '{topic}' is no topic to publish to.")
        headers = self._headers.render(context)
        resource = message.place.arn("iot", f"topic/{topic}")
        return Step(
            resource=topic,
            resources={"RepublishTopic": topic},
            purpose="republish the message",
            permissions=(Permission(IOT_DATA, "iot:Publish", resource),),
            perform=partial(self._publish, message, topic, as_bytes(output), headers),
            is_awaited=True,
        )

    def _publish(self, message: Message, topic: str, payload: bytes, headers: Headers) -> Outcome:
        return self._services.republish(
            message.place, topic, payload, self._qos, headers, self.role_arn
        )


class _HeaderTemplates:
    """The action's MQTT 5 headers."""

    def __init__(self, given: Specification) -> None:
        declared = given.members.get("headers") or {}
        self._single = {
            field: parse_template(str(declared[member]), given.version)
            for field, member in _HEADERS.items()
            if isinstance(declared, Mapping) and declared.get(member) is not None
        }
        users = declared.get("userProperties") or []
        self._users = [
            (
                parse_template(str(user["key"]), given.version),
                parse_template(str(user["value"]), given.version),
            )
            for user in users
            if isinstance(user, Mapping) and "key" in user and "value" in user
        ]
        if len(self._users) != len(users):
            where = given.member("headers", "userProperties")
            raise given.refusal(f"Value at '{where}'", "Member must have a key and a value")

    @property
    def templates(self) -> tuple[Template, ...]:
        pairs = [template for pair in self._users for template in pair]
        return (*self._single.values(), *pairs)

    def render(self, context: MessageContext) -> Headers:
        single = {field: template.render(context) for field, template in self._single.items()}
        users = tuple((key.render(context), value.render(context)) for key, value in self._users)
        return Headers(**single, user_properties=users)


def _unescaped(topic: str) -> str:
    """Return a topic without the ``$`` that escapes a reserved topic's own."""
    return topic[1:] if topic.startswith("$$") else topic

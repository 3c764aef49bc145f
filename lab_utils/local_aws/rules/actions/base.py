"""What every rule action is made of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from lab_utils.local_aws.place import Place
from lab_utils.local_aws.rules.message import Message
from lab_utils.local_aws.rules.roles import ActionFailedError, Permission, service_error
from lab_utils.local_aws.rules.services import ActionServices, Answer
from lab_utils.local_aws.rules.sql.context import MessageContext
from lab_utils.local_aws.rules.sql.template import Template, parse_template

Outcome = Awaitable[None] | Future[Any] | None
"""Done (None), something to wait for, or the future of a write that another thread makes."""


class InvalidActionError(ValueError):
    """An action that AWS IoT does not take; the text is that of its InvalidRequestException."""


@dataclass(slots=True)
class Step:
    """An action with its templates filled in for one message.

    Attributes:
        resource: What it acts upon, as the error action's ``failedResource`` names it.
        resources: The same as log entries name it.
        purpose: What it tries, as a failure's message begins ("put an item").
        permissions: What its role has to allow; none if no role is asked.
        perform: Does it.
        is_awaited: Whether the message's other actions wait for it: it is quick, and its order
            counts.
    """

    resource: str
    resources: dict[str, str]
    purpose: str
    permissions: tuple[Permission, ...]
    perform: Callable[[], Outcome]
    is_awaited: bool = False


class Action(Protocol):
    """An action of a rule, read once and used for every message."""

    kind: ClassVar[str]
    log_name: ClassVar[str]

    @property
    def role_arn(self) -> str:
        """The role under which it acts; empty if it needs none."""

    @property
    def resource(self) -> str:
        """What it acts upon, as it was declared."""

    @property
    def templates(self) -> tuple[Template, ...]:
        """All its templates."""

    def prepare(self, message: Message, context: MessageContext, output: Any) -> Step:
        """Return what is to be done for a message.

        Args:
            message: The message.
            context: What templates see of it.
            output: What the rule's SQL selected.

        Raises:
            ActionFailedError: The action cannot be made of this message.
        """


@dataclass(frozen=True)
class Specification:
    """An action as it was declared, and how to read it.

    Args:
        kind: The action's name, such as ``dynamoDBv2``.
        members: What was declared.
        version: The version of the rule's SQL, which is that of its templates.
        where: The member that holds the action, as AWS names it in its messages.
        rule_arn: The rule.
        services: What the action reaches.
    """

    kind: str
    members: Mapping[str, Any]
    version: str
    where: str
    rule_arn: str
    services: ActionServices

    def text(self, *path: str) -> str:
        """Return a member that has to be there.

        Raises:
            InvalidActionError: It is missing or no text.
        """
        value: Any = self.members
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        if isinstance(value, str) and value:
            return value
        shown = "null" if value is None else f"'{value}'"
        constraint = "Member must not be null" if value is None else "Member must be a text"
        raise self.refusal(f"Value {shown} at '{self.member(*path)}'", constraint)

    def fixed(self, *path: str) -> str:
        """Return a member that has to be there and may not hold a template.

        Raises:
            InvalidActionError: It is missing, or holds one.
        """
        value = self.text(*path)
        if "${" in value:
            constraint = "Member must not hold a substitution template"
            raise self.refusal(f"Value '{value}' at '{self.member(*path)}'", constraint)
        return value

    def template(self, *path: str) -> Template:
        """Return the template of a member that has to be there.

        Raises:
            InvalidActionError: It is missing.
            SqlParseError: An expression in it cannot be read.
        """
        return parse_template(self.text(*path), self.version)

    def optional(self, name: str, default: str = "") -> Template:
        """Return the template of a member, or of a default.

        Raises:
            InvalidActionError: It is no text.
            SqlParseError: An expression in it cannot be read.
        """
        if self.members.get(name) is None:
            return parse_template(default, self.version)
        return parse_template(str(self.members[name]), self.version)

    def one_of(self, name: str, default: str, values: tuple[str, ...]) -> str:
        """Return a member that has only a few values, or its default.

        Raises:
            InvalidActionError: It has another.
        """
        value = self.members.get(name) or default
        if value not in values:
            constraint = f"Member must satisfy enum value set: [{', '.join(values)}]"
            raise self.refusal(f"Value '{value}' at '{self.member(name)}'", constraint)
        return str(value)

    def member(self, *path: str) -> str:
        """Return a member's name as AWS writes it."""
        return ".".join((self.where, self.kind, *path))

    def refusal(self, value: str, constraint: str) -> InvalidActionError:
        """Return the error of a member that does not satisfy a constraint."""
        return InvalidActionError(
            f"1 validation error detected: {value} failed to satisfy constraint: {constraint}"
        )


def require_answer(answer: Answer, service: str) -> None:
    """Return if a service did what it was asked.

    Raises:
        ActionFailedError: It refused, with its own words and code.
    """
    if answer.status >= 400:
        raise ActionFailedError(
            service_error(answer.message(), service, answer.status, answer.code())
        )


def table_arn(place: Place, table: str) -> str:
    """Return the ARN of a DynamoDB table."""
    return place.arn("dynamodb", f"table/{table}")

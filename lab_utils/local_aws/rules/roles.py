"""A rule's role: what AWS IoT asks of it before an action runs."""

from __future__ import annotations

import secrets
import string
import uuid
from dataclasses import dataclass
from typing import Protocol

IOT_PRINCIPAL = "iot.amazonaws.com"
_SESSION_CHARACTERS = string.ascii_letters + string.digits
_SESSION_LENGTH = 8


class ActionFailedError(Exception):
    """A rule action that did not do its work; the text is what AWS writes to the log."""


@dataclass(frozen=True)
class Permission:
    """What an action needs.

    Attributes:
        service: The service's name in AWS's error texts, such as ``AmazonDynamoDBv2``.
        action: The IAM action, such as ``dynamodb:PutItem``.
        resource: The ARN of what it acts upon.
    """

    service: str
    action: str
    resource: str


class RoleAuthority(Protocol):
    """IAM, as far as a rule needs it."""

    def trusts_iot(self, role_arn: str) -> bool:
        """Return whether the role exists and ``iot.amazonaws.com`` may assume it."""

    def allows(self, role_arn: str, permission: Permission) -> bool:
        """Return whether the role's policies allow a session of it the action."""

    def grants(self, role_arn: str, permissions: tuple[Permission, ...]) -> bool:
        """Return whether AWS IoT may assume the role, and may do all this under it."""


def require_permission(authority: RoleAuthority, role_arn: str, permission: Permission) -> None:
    """Return if a rule may act under its role.

    Args:
        authority: IAM of the rule's account and region.
        role_arn: The role that the action names.
        permission: What the action is about to do.

    Raises:
        ActionFailedError: The role does not exist, does not trust AWS IoT, or its policies do
            not allow the action.

    Source:
        https://docs.aws.amazon.com/iot/latest/developerguide/diagnosing-rules.html
    """
    if not authority.trusts_iot(role_arn):
        # AWS documents no text for this case; the words are those of STS.
        assume = Permission("AWSSecurityTokenService", "sts:AssumeRole", role_arn)
        raise ActionFailedError(_denied(IOT_PRINCIPAL, assume, 403, "AccessDenied"))
    if not authority.allows(role_arn, permission):
        session_arn = assumed_role_arn(role_arn)
        raise ActionFailedError(_denied(session_arn, permission, 400, "AccessDeniedException"))


def assumed_role_arn(role_arn: str) -> str:
    """Return the ARN of a new session of a role, as the rules engine names its sessions."""
    account, _, resource = role_arn.removeprefix("arn:aws:iam::").partition(":")
    role = resource.rsplit("/", 1)[-1]
    session = "".join(secrets.choice(_SESSION_CHARACTERS) for _ in range(_SESSION_LENGTH))
    return f"arn:aws:sts::{account}:assumed-role/{role}/{session}"


def service_error(text: str, service: str, status: int, code: str) -> str:
    """Return a service's refusal in the form in which AWS IoT reports it."""
    request_id = str(uuid.uuid4())
    return (
        f"{text} (Service: {service}; Status Code: {status}; Error Code: {code}; "
        f"Request ID: {request_id})"
    )


def function_denied(function_arn: str) -> ActionFailedError:
    """Return the error of a function whose own policy does not let AWS IoT invoke it."""
    invoke = Permission("AWSLambda", "lambda:InvokeFunction", function_arn)
    return ActionFailedError(_denied(IOT_PRINCIPAL, invoke, 403, "AccessDeniedException"))


def _denied(user: str, permission: Permission, status: int, code: str) -> str:
    text = (
        f"User: {user} is not authorized to perform: {permission.action} "
        f"on resource: {permission.resource}"
    )
    return service_error(text, permission.service, status, code)

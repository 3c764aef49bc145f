"""What QuickSight refuses, in words that a reader can act on."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from lab_utils.errors import LabError

NOT_FOUND = "ResourceNotFoundException"
_ADVICE = {
    "AccessDeniedException": "the identity that you use needs quicksight:* and, for the data "
    "source, timestream:*; or ask the account's administrator.",
    "UnsupportedUserEditionException": "dashboards as code need QuickSight's Enterprise edition; "
    "upgrade under Manage QuickSight, which costs more.",
    "ThrottlingException": "wait a minute and call it again: what is there already stays.",
    "LimitExceededException": "delete what you do not need in QuickSight, or ask for more.",
    "ConflictException": "something else is changing it at this moment: wait a minute and call it "
    "again.",
    "ResourceUnavailableException": "QuickSight is still setting the account up or down: wait a "
    "few minutes and call it again.",
    "PreconditionNotMetException": "the account's termination protection is on: "
    "delete_subscription() switches it off first.",
}
_ELSEWHERE = (
    "QuickSight keeps its users in another region than your lab's, the one that the message names: "
    "give the owner by name, create(user_arn=...), or set AWS_REGION to that region."
)
_OTHERWISE = "see the message of AWS; `lab quicksight status` says what is there."


class QuickSightError(LabError):
    """QuickSight refused or failed, or it was asked for something that it must not do."""


def refused(attempted: str, error: ClientError | BotoCoreError) -> QuickSightError:
    """Return an error of AWS as one that says what to do."""
    if not isinstance(error, ClientError):
        return QuickSightError(attempted, str(error), "is this machine online?")
    told = error.response["Error"]
    code, message = told.get("Code", ""), told.get("Message", "")
    if "identity region" in message:
        return QuickSightError(attempted, f"{code}: {message}", _ELSEWHERE)
    return QuickSightError(attempted, f"{code}: {message}", _ADVICE.get(code, _OTHERWISE))


def is_missing(error: ClientError) -> bool:
    """Return whether AWS says that there is no such thing."""
    return bool(error.response["Error"]["Code"] == NOT_FOUND)

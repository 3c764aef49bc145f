"""The real AWS account behind ``LAB_TARGET=aws``."""

from __future__ import annotations

from collections.abc import Callable

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from lab_utils.errors import TargetError
from lab_utils.settings import Settings

_ATTEMPTED = "use your AWS account (LAB_TARGET=aws)"


def connect_account(settings: Settings, report: Callable[[str], None]) -> boto3.Session:
    """Return a session of the account that the default credential chain gives.

    Args:
        settings: The lab's settings; their region is used.
        report: Takes the line that names account, identity and region.

    Raises:
        TargetError: No region, no credentials, or credentials that AWS refuses.
    """
    if not settings.region:
        raise TargetError(
            _ATTEMPTED,
            "No region is set.",
            "set AWS_REGION to a region that has AWS IoT Core and Timestream, for instance "
            "export AWS_REGION=eu-west-1",
        )
    session = boto3.Session(region_name=settings.region)
    try:
        identity = session.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise TargetError(
            _ATTEMPTED,
            f"AWS does not know who is calling: {error}",
            "give credentials (aws configure, aws sso login, or AWS_PROFILE), or work without "
            "an account: LAB_TARGET=local.",
        ) from error
    report(
        f"AWS account {identity['Account']} as {identity['Arn']}, region {settings.region}. "
        "What you create here costs money until you destroy it."
    )
    return session

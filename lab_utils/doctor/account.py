"""The real account, where ``LAB_TARGET=aws``: region, credentials, clock, Timestream."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lab_utils.doctor.symptoms import Symptom, missing, ok
from lab_utils.settings import Settings

LARGEST_SKEW_S = 240
"""AWS refuses signatures that are five minutes off."""
_RIGHTS = "allow timestream:DescribeEndpoints, and look whether the credentials have expired"
_PATIENCE = Config(connect_timeout=5, read_timeout=10, retries={"max_attempts": 1})


def examine_account(settings: Settings) -> Iterator[Symptom]:
    """Yield what there is to say about the account that the credential chain gives."""
    if not settings.region:
        yield missing("region", "none is set", "export AWS_REGION=eu-west-1, or your own")
        return
    yield ok("region", settings.region)
    try:
        session = boto3.Session(region_name=settings.region)
        found = session.get_credentials()
    except BotoCoreError as error:  # such as a profile that does not exist
        yield _no_credentials(str(error))
        return
    if found is None:
        yield _no_credentials("none were found")
        return
    yield from examine_identity(session.client("sts", config=_PATIENCE))
    yield examine_timestream(session.client("timestream-write", config=_PATIENCE))


def examine_identity(sts: Any, now: datetime | None = None) -> Iterator[Symptom]:
    """Yield who calls, and how far this machine's clock is from AWS's."""
    try:
        answer = sts.get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        yield _no_credentials(f"AWS does not know who is calling ({error})")
        return
    yield ok("credentials", f"account {answer['Account']} as {answer['Arn']}")
    date = answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date")
    if date:
        moment = now or datetime.now(timezone.utc)  # noqa: UP017
        yield examine_skew((moment - parsedate_to_datetime(date)).total_seconds())


def examine_skew(skew_s: float) -> Symptom:
    """Return whether this machine's clock is near enough to AWS's."""
    seen = f"{abs(skew_s):.0f} s {'ahead of' if skew_s > 0 else 'behind'} AWS's"
    if abs(skew_s) < LARGEST_SKEW_S:
        return ok("clock against AWS", seen)
    return missing("clock against AWS", seen, "set the clock (timedatectl set-ntp true)")


def examine_timestream(write: Any) -> Symptom:
    """Return whether Timestream for LiveAnalytics is open for this account and region.

    AWS has closed it to new customers since 20 June 2025.

    Source:
        https://docs.aws.amazon.com/timestream/latest/developerguide/AmazonTimestreamForLiveAnalytics-availability-change.html
    """
    fix = "take parts 3 to 7 on the embedded AWS: LAB_TARGET=local"
    try:
        write.describe_endpoints()
    except ClientError as error:
        is_closed = "Only existing Timestream" in str(error)
        seen = "closed for this account" if is_closed else "not known: AWS refused the question"
        return missing("Timestream", f"{seen} ({error})", fix if is_closed else _RIGHTS)
    except BotoCoreError as error:
        return missing("Timestream", f"not to be reached in this region ({error})", fix)
    return ok("Timestream", "open for this account")


def _no_credentials(seen: str) -> Symptom:
    fix = "aws configure, aws sso login or AWS_PROFILE; or go on without: LAB_TARGET=local"
    return missing("credentials", seen, fix)

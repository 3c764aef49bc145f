"""The proof: every service that the practical touches is asked what it has of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from lab_utils.teardown.calls import ClientOf
from lab_utils.teardown.evidence import Place
from lab_utils.teardown.leftovers import Leftover
from lab_utils.teardown.look import Look, Looker
from lab_utils.teardown.look_functions import (
    look_at_events,
    look_at_lambda,
    look_at_logs,
    look_at_scheduler,
    own_functions,
)
from lab_utils.teardown.look_iam import look_at_iam
from lab_utils.teardown.look_iot import look_at_iot
from lab_utils.teardown.look_quicksight import look_at_quicksight
from lab_utils.teardown.look_storage import look_at_dynamodb, look_at_s3, look_at_timestream
from lab_utils.teardown.ownership import MAYBE, TAG_KEY, TAG_VALUE, Owner
from lab_utils.waiting import wait_for

T = TypeVar("T")
LOOKS: tuple[tuple[str, Looker], ...] = (
    ("EventBridge", look_at_events),
    ("EventBridge Scheduler", look_at_scheduler),
    ("Lambda", look_at_lambda),
    ("IoT Core", look_at_iot),
    ("DynamoDB", look_at_dynamodb),
    ("Timestream", look_at_timestream),
    ("S3", look_at_s3),
    ("IAM", look_at_iam),
    ("QuickSight", look_at_quicksight),
    ("CloudWatch Logs", look_at_logs),
)
"""In an order in which what they find can be removed: logs last, as functions still write them."""
NEEDED = frozenset(
    {"EventBridge", "Lambda", "IoT Core", "DynamoDB", "Timestream", "IAM", "CloudWatch Logs"}
)
"""The services that the practical itself uses: without their answer nothing is proved."""
_TAGS = "Resource Groups Tagging API"
_ASKED_ITSELF = frozenset(
    {
        "events",
        "scheduler",
        "lambda",
        "iot",
        "dynamodb",
        "timestream",
        "s3",
        "iam",
        "quicksight",
        "logs",
    }
)
"""Whose word counts more than the tagging API's, which remembers the deleted for a while."""
_NOT_EMBEDDED = "the embedded AWS does not have it"


@dataclass(frozen=True)
class Survey:
    """What the services told.

    Attributes:
        leftovers: What they have of the practical, in an order in which it can be removed.
        unsure: What may be the practical's, and may be somebody else's.
        asked: The services that answered.
        unasked: The services that did not, each with the reason.
    """

    leftovers: tuple[Leftover, ...]
    unsure: tuple[Leftover, ...]
    asked: tuple[str, ...]
    unasked: dict[str, str]

    @property
    def unproven(self) -> dict[str, str]:
        """The services of the practical that did not answer, each with the reason."""
        return {name: why for name, why in self.unasked.items() if name in NEEDED}

    @property
    def is_clean(self) -> bool:
        """Whether every service of the practical answered, and nothing is left."""
        return not self.leftovers and not self.unproven

    def counts(self) -> Counter[str]:
        """Return how much each service has."""
        return Counter(one.service for one in self.leftovers)


def survey(client: ClientOf, owner: Owner, only: Container[str] | None = None) -> Survey:
    """Return what the services have of the practical.

    A service that refuses to answer is no proof of anything, and is told as such. The tagging
    API helps where a service's own listing has no tags; it knows neither users nor roles, and
    remembers the deleted for a while, so it is never the only one to be asked.

    Args:
        client: Returns the boto3 client of a service.
        owner: Tells whose a resource is.
        only: The names of the services to ask; all by default.

    Source:
        https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
    """
    look = Look(client, owner)
    unasked: dict[str, str] = {}
    found: list[Leftover] = []
    asked: list[str] = []
    elsewhere = _guarded(_TAGS, lambda: _tagged(look), unasked)
    if elsewhere is not None:
        look = replace(look, tagged=frozenset(elsewhere))
        found += _of_other_services(elsewhere, owner)
        asked.append(_TAGS)
    look = replace(look, functions=own_functions(look))
    for name, looker in LOOKS:
        if only is not None and name not in only:
            continue
        if name == "QuickSight" and owner.is_account_own:
            unasked[name] = _NOT_EMBEDDED
            continue
        some = _guarded(name, partial(_listed, looker, look), unasked)
        if some is not None:
            found += some
            asked.append(name)
    found = [_kept_from_calls(one, owner) if MAYBE in one.why else one for one in found]
    sure = tuple(one for one in found if one.is_sure)
    unsure = tuple(one for one in found if not one.is_sure)
    return Survey(sure, unsure, tuple(asked), unasked)


def _kept_from_calls(one: Leftover, owner: Owner) -> Leftover:
    """Return what may be another workspace's with its command only, so that nothing removes it.

    Where the state is lost it may as well be this workspace's: then nothing is proved before
    somebody has looked.
    """
    return replace(one, calls=(), by_hand=one.remove, is_sure=not owner.has_state)


def settled_survey(client: ClientOf, owner: Owner, timeout_s: float) -> Survey:
    """Return what the services have, once nothing is being deleted any more.

    Args:
        client: Returns the boto3 client of a service.
        owner: Tells whose a resource is.
        timeout_s: How long to wait for that, in seconds of the wall clock.
    """
    last = survey(client, owner)

    def look() -> Survey | None:
        nonlocal last
        if any(one.is_going for one in last.leftovers):
            last = survey(client, owner)
        return None if any(one.is_going for one in last.leftovers) else last

    wait_for(look, timeout_s)
    return last


def place_of(client: ClientOf) -> Place:
    """Return the account and the region that clients speak to."""
    account = client("sts").get_caller_identity()["Account"]
    return account, client("iot").meta.region_name


def is_embedded(client: ClientOf) -> bool:
    """Tell whether the clients speak to an embedded AWS, which nobody else uses."""
    return "amazonaws." not in str(client("iot").meta.endpoint_url)


def _guarded(name: str, ask: Callable[[], T], unasked: dict[str, str]) -> T | None:
    try:
        return ask()
    except (ClientError, BotoCoreError) as error:
        unasked[name] = str(error)
        return None


def _listed(looker: Looker, look: Look) -> list[Leftover]:
    return list(looker(look))


def _tagged(look: Look) -> list[str]:
    filters = [{"Key": TAG_KEY, "Values": [TAG_VALUE]}]
    found = look.every(
        "resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList", TagFilters=filters
    )
    return [one["ResourceARN"] for one in found]


def _of_other_services(arns: list[str], owner: Owner) -> Iterator[Leftover]:
    for arn in arns:
        service = arn.split(":")[2]
        if service not in _ASKED_ITSELF:
            why = f"it has the workbook's tag ({TAG_KEY}), in a service that the practical lacks"
            by_hand = f"delete {arn} in the console of {service}, or with: aws {service} help"
            name = arn.split(":", 5)[5]
            yield Leftover(service, "resource", name, owner.doubted(why), by_hand=by_hand)

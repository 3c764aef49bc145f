"""What a destroy will take away, told before it does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab_utils.teardown.evidence import State, count_types
from lab_utils.teardown.leftovers import Leftover, counted
from lab_utils.teardown.ownership import IN_STATE
from lab_utils.teardown.survey import Survey

FILES = "files on this machine"
_SERVICES = (
    ("aws_iot_", "IoT Core"),
    ("aws_iam_", "IAM"),
    ("aws_dynamodb_", "DynamoDB"),
    ("aws_timestream", "Timestream"),
    ("aws_lambda_", "Lambda"),
    ("aws_cloudwatch_event_", "EventBridge"),
    ("aws_scheduler_", "EventBridge Scheduler"),
    ("aws_cloudwatch_log_", "CloudWatch Logs"),
    ("aws_s3_", "S3"),
    ("aws_quicksight_", "QuickSight"),
    ("local_", FILES),
)


@dataclass(frozen=True)
class Preview:
    """What a destroy will take away.

    Attributes:
        planned: How many resources of each service Terraform's state holds.
        others: What the services have of the practical besides.
        blockers: What was tied by hand to what Terraform made, and makes AWS refuse.
    """

    planned: Counter[str]
    others: tuple[Leftover, ...]
    blockers: tuple[Leftover, ...]

    @property
    def total(self) -> int:
        """How many resources Terraform will destroy."""
        return sum(self.planned.values())

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``lab destroy --dry-run --json`` prints."""
        return {
            "planned": dict(self.planned),
            "others": [one.to_json() for one in self.others],
            "blockers": [one.to_json() for one in self.blockers],
        }

    def lines(self, *, with_leftovers: bool) -> list[str]:
        """Return it for a reader.

        Args:
            with_leftovers: Whether what Terraform did not make is removed too.
        """
        if not self.total:
            said = ["Terraform's state holds nothing: there is nothing to destroy."]
        else:
            said = [
                f"Terraform will destroy {number_of(self.total, 'resource')}, data and all:",
                f"  {counted(self.planned)}",
            ]
        return [*said, *self._others(with_leftovers), *self._blockers(with_leftovers)]

    def _others(self, with_leftovers: bool) -> Iterator[str]:
        removable = [one for one in self.others if one.calls]
        yours = [one for one in self.others if not one.calls]
        goes = "goes too" if with_leftovers else "stays"
        for verb, some in ((goes, removable), ("is left to you", yours)):
            if some:
                counts = Counter(one.service for one in some)
                yield f"What Terraform does not remove {verb}: {counted(counts)}"
                yield from (f"  {one.title}" for one in some)

    def _blockers(self, with_leftovers: bool) -> Iterator[str]:
        if self.blockers:
            goes = "is untied first" if with_leftovers else "will make AWS refuse"
            yield f"What was tied by hand {goes}:"
            yield from (f"  {one.title}: {one.why}" for one in self.blockers)


def number_of(count: int, noun: str) -> str:
    """Return a number with its noun: ``1 resource``, ``2 resources``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def preview(state: State, survey: Survey, blockers: Sequence[Leftover]) -> Preview:
    """Return what a destroy will take away.

    Args:
        state: Terraform's state.
        survey: What the services have.
        blockers: What stands in the way.
    """
    planned = count_services(count_types(state))
    others = tuple(one for one in survey.leftovers if IN_STATE not in one.why)
    return Preview(planned, others, tuple(blockers))


def count_services(types: Mapping[str, int]) -> Counter[str]:
    """Return how many resources each service has, from a count of Terraform's types."""
    found: Counter[str] = Counter()
    for kind, number in types.items():
        found[_service_of(kind)] += number
    return found


def _service_of(kind: str) -> str:
    return next((name for prefix, name in _SERVICES if kind.startswith(prefix)), kind)

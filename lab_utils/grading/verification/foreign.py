"""What a student's programs made in AWS beside Terraform, which earns nothing.

A package script, a provisioner or a deploy script could call AWS itself and make there what the
configuration lacks. The practical is done in Terraform, so the grader takes such things away before
anything is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab_utils.checks.base import say_nothing
from lab_utils.grading.verification.foreign_permissions import remove_foreign_permissions
from lab_utils.teardown.calls import ClientOf
from lab_utils.teardown.leftovers import Leftover
from lab_utils.teardown.ownership import IN_STATE, owner_of
from lab_utils.teardown.removal import remove_all
from lab_utils.teardown.survey import survey

_BUSY_S = 5.0
_MOST_NAMED = 6
_NOT_LOOKED_AT = ("S3", "CloudWatch Logs")
"""No check looks at them, and deploying may use a bucket or leave a log."""
_REMARK = (
    "The submission's programs made this in AWS by themselves, not by Terraform: {names}. Only "
    "what Terraform makes counts, so the grader removed it."
)


def remove_foreign(workspace: Path, client: ClientOf, state: Mapping[str, Any]) -> str:
    """Remove what Terraform did not make, and return a remark on it; "" if there is nothing.

    Args:
        workspace: The workspace.
        client: Returns the client of a service.
        state: Terraform's state; {} before the apply.
    """
    found = survey(client, owner_of(workspace, state, None)).leftovers
    foreign = [one for one in found if _is_foreign(one)]
    remove_all(client, foreign, say_nothing, _BUSY_S)
    titles = [one.title for one in foreign] + remove_foreign_permissions(client, state)
    if not titles:
        return ""
    more = len(titles) - _MOST_NAMED
    names = [*titles[:_MOST_NAMED], *([f"and {more} more"] if more > 0 else [])]
    return _REMARK.format(names="; ".join(names))


def _is_foreign(one: Leftover) -> bool:
    # Files of the workspace may claim more than the state does, and they are the student's.
    return not one.why.startswith(IN_STATE) and not _is_of_no_use(one)


def _is_of_no_use(one: Leftover) -> bool:
    return one.service in _NOT_LOOKED_AT or one.kind == "logging options"

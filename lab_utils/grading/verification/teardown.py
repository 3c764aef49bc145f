"""Part 7 as the grader proves it: what it saw before, and what the services say afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab_utils.teardown.calls import ClientOf
from lab_utils.teardown.evidence import count_types
from lab_utils.teardown.leftovers import Leftover
from lab_utils.teardown.ownership import owner_of
from lab_utils.teardown.removal import remove_all
from lab_utils.teardown.survey import survey

_BUSY_S = 10.0
_SERVICES = ("CloudWatch Logs", "IoT Core")
_LOG_GROUPS = ("/aws/lambda/", "AWSIotLogsV2")
_REMARK = (
    "terraform destroy does not take away what AWS writes by itself or what Terraform has no way "
    "to unset, so on a real account it stays until somebody removes it: {names}. The grader did."
)


def made_before(workspace: Path, client: ClientOf, state: Mapping[str, Any]) -> Counter[str]:
    """Return how much of each type there is, as the grader itself sees it before the teardown.

    Only what the services have counts: a state that tells of resources is the student's file.

    Args:
        workspace: The workspace.
        client: Returns the client of a service.
        state: Terraform's state, as it was after the apply.
    """
    found = survey(client, owner_of(workspace, state, None)).leftovers
    if not found:
        return Counter()
    counted = count_types(state)
    return counted or Counter(f"aws_{one.kind}" for one in found)


def remove_unowned(workspace: Path, client: ClientOf) -> str:
    """Remove what no terraform destroy could have removed, and return a remark on it.

    A workspace in the form of a repository has nobody who could do it: the grader destroys.
    """
    found = survey(client, owner_of(workspace, {}, None), only=_SERVICES).leftovers
    own = [one for one in found if _is_unowned(one)]
    if not own:
        return ""
    remove_all(client, own, lambda _line: None, _BUSY_S)
    return _REMARK.format(names=", ".join(one.title for one in own))


def _is_unowned(one: Leftover) -> bool:
    is_log = one.kind == "log group" and one.name.startswith(_LOG_GROUPS)
    return is_log or one.kind == "logging options"

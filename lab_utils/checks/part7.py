"""Part 7: everything is gone, in Terraform's books, in every service, and on this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lab_utils.checks.base import Check, CheckContext, Finding
from lab_utils.teardown.evidence import count_aws, count_types, once_made
from lab_utils.teardown.leftovers import Leftover, counted
from lab_utils.teardown.ownership import Owner, owner_of
from lab_utils.teardown.preview import count_services, number_of
from lab_utils.teardown.survey import (
    Survey,
    is_embedded,
    place_of,
    settled_survey,
    survey,
)

PART = 7
_MOST_NAMED = 3
_SECRETS = ("*.key", "*.pem")
_KEY_SERVICES = ("IoT Core", "IAM")
_KEY_HOLDERS = ("certificate", "user")
_KEY_FOLDERS = ("terraform/files", "files")


def _after_work(look: Callable[[CheckContext, Path], Finding]) -> Callable[[CheckContext], Finding]:
    """Return a look that fails where nothing was ever made: then nothing was destroyed either.

    What tells that something was made: what a grader saw before it; else what the lab noted before
    a destroy, and the state that Terraform itself keeps from before its last change.
    """

    def run(context: CheckContext) -> Finding:
        types = _made(context)
        if context.workspace is not None and count_aws(types):
            return look(context, context.workspace)
        seen = "there is nothing, and no sign that anything was ever made in this workspace"
        return Finding(False, seen, hint="build parts 1 to 4 first (lab.apply()), then destroy.")

    return run


def _made(context: CheckContext) -> Mapping[str, int]:
    if context.made is not None:
        return context.made
    return once_made(context.workspace, context.state())


def _state(context: CheckContext, workspace: Path) -> Finding:
    held = count_types(context.state())
    if held:
        total = number_of(sum(held.values()), "resource")
        return Finding(
            False, f"Terraform's state still holds {total}: {counted(count_services(held))}"
        )
    if not context.state().get("lineage") and not _ask(context, workspace).is_clean:
        seen = "there is no Terraform state: it is lost, not empty, and what it held still exists"
        hint = "lab.leftovers() has what is found by name and tag; lab.destroy(leftovers=True) "
        hint += "removes what of it is surely yours."
        return Finding(False, seen, hint=hint)
    made = count_aws(_made(context))
    return Finding(True, f"Terraform's state is empty, and there once were {made} in it")


def _services(context: CheckContext, workspace: Path) -> Finding:
    found = _ask(context, workspace)
    if found.unproven:
        name, why = next(iter(found.unproven.items()))
        return Finding(False, f"{name} did not answer, so nothing is proved: {why}")
    if found.leftovers:
        return Finding(False, f"left: {_named(found.leftovers)}", hint=_way_on(found))
    remark = "".join(f"look yourself: {one.title}: {one.why}. " for one in found.unsure)
    return Finding(True, f"asked {', '.join(found.asked)}: nothing is left", remark=remark.strip())


def _keys(context: CheckContext, workspace: Path) -> Finding:
    files = [
        path.relative_to(workspace).as_posix()
        for folder in _KEY_FOLDERS
        for pattern in _SECRETS
        for path in sorted((workspace / folder).glob(pattern))
    ]
    if files:
        hint = "Terraform wrote them and takes them away: lab.destroy(). A copy is yours to delete."
        return Finding(False, f"there still are the files {', '.join(files)}", hint=hint)
    found = survey(context.client, _owner(context, workspace), only=_KEY_SERVICES)
    if found.unproven:
        name, why = next(iter(found.unproven.items()))
        return Finding(False, f"{name} did not answer: {why}")
    holders = [one for one in found.leftovers if one.kind in _KEY_HOLDERS]
    if holders:
        return Finding(False, f"left: {_named(holders)}", hint=holders[0].remove)
    return Finding(True, "no private key on this machine; no certificate, no user with a key")


def _ask(context: CheckContext, workspace: Path) -> Survey:
    return settled_survey(context.client, _owner(context, workspace), context.timeout_s)


def _owner(context: CheckContext, workspace: Path) -> Owner:
    place = None if is_embedded(context.client) else place_of(context.client)
    return owner_of(workspace, context.state(), place)


def _named(leftovers: Sequence[Leftover]) -> str:
    titles = [one.title for one in leftovers]
    more = len(titles) - _MOST_NAMED
    return "; ".join([*titles[:_MOST_NAMED], *([f"and {more} more"] if more > 0 else [])])


def _way_on(found: Survey) -> str:
    first = found.leftovers[0]
    return f"{first.title}: {first.why}. It is removed by: {first.remove}. lab.leftovers() has all."


CHECKS = (
    Check(
        "part7-state",
        PART,
        1,
        "Terraform's state, which once held what you built, holds nothing any more",
        "lab.destroy(); where AWS refuses, the message says what is tied by hand, and how to untie "
        "it.",
        _after_work(_state),
    ),
    Check(
        "part7-services",
        PART,
        3,
        "every service is asked, and none has anything of the practical left",
        "lab.leftovers() lists what is left, why, and the command that removes it.",
        _after_work(_services),
    ),
    Check(
        "part7-keys",
        PART,
        1,
        "no private key lies in terraform/files, and no certificate and no user of the practical "
        "exists that a key would open something for",
        "lab.destroy(); then lab.leftovers() for what was made by hand.",
        _after_work(_keys),
    ),
)

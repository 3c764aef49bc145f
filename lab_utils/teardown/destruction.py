"""A whole teardown: what will go, terraform destroy, what is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab_utils.errors import TerraformError
from lab_utils.teardown.blockers import find_blockers
from lab_utils.teardown.calls import ClientOf
from lab_utils.teardown.evidence import (
    State,
    count_types,
    forget_made,
    read_memory,
    remember,
    remember_removed,
    restore_state,
)
from lab_utils.teardown.leftovers import Leftover, counted, leftover_lines
from lab_utils.teardown.look import Look
from lab_utils.teardown.ownership import Owner, owner_of
from lab_utils.teardown.preview import Preview, count_services, preview
from lab_utils.teardown.removal import remove_all
from lab_utils.teardown.survey import Survey, place_of, settled_survey, survey
from lab_utils.terraform import Terraform

_SETTLE_S = 120.0
_BUSY_S = 10.0
_MOST_ROUNDS = 3
_RESTORED = (
    "terraform.tfstate was damaged, as a run leaves it that is killed while it writes; Terraform's "
    "own backup, terraform.tfstate.backup, was put in its place."
)
Report = Callable[[str], None]


@dataclass(frozen=True)
class Proof:
    """What a teardown came to.

    Attributes:
        destroyed: How many resources of each service Terraform destroyed.
        removed: What was removed besides.
        survey: What every service told afterwards.
    """

    destroyed: Counter[str]
    removed: tuple[Leftover, ...]
    survey: Survey

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``lab destroy --json`` prints."""
        return {
            "destroyed": dict(self.destroyed),
            "removed": [one.to_json() for one in self.removed],
            "leftovers": [one.to_json() for one in self.survey.leftovers],
            "unsure": [one.to_json() for one in self.survey.unsure],
            "asked": list(self.survey.asked),
            "unasked": self.survey.unasked,
            "is_clean": self.survey.is_clean,
        }


class Teardown:
    """The teardown of one workspace.

    Args:
        workspace: The workspace.
        client: Returns the boto3 client of a service.
        terraform: Terraform in the workspace's folder.
        is_account_own: Whether nobody else uses the account.
        report: Takes each line for the reader.
    """

    def __init__(
        self,
        workspace: Path,
        client: ClientOf,
        terraform: Terraform,
        report: Report,
        *,
        is_account_own: bool,
    ) -> None:
        self._workspace = workspace
        self._client = client
        self._terraform = terraform
        self._report = report
        self._is_account_own = is_account_own

    def preview(self) -> Preview:
        """Return what will go, from Terraform's state and the services' own answers."""
        if restore_state(self._terraform.folder):
            self._report(_RESTORED)
        # Read once: a state that lies elsewhere, or is lost, takes a program to ask for it.
        state = self._terraform.state()
        owner = self._owner(state)
        blockers = find_blockers(Look(self._client, owner), state)
        return preview(state, survey(self._client, owner), blockers)

    def survey(self) -> Survey:
        """Return what the services have of the practical now."""
        return survey(self._client, self._owner(self._terraform.state()))

    def destroy(self, seen: Preview, *, with_leftovers: bool) -> Proof:
        """Return what was destroyed, and what every service said afterwards; report it all.

        Args:
            seen: What the reader was told that will go.
            with_leftovers: Whether to remove, too, what Terraform did not make.

        Raises:
            TerraformError: With Terraform's diagnostics, and what stands in the way.
        """
        before = self._terraform.state()
        remember(self._workspace, before)
        if with_leftovers and seen.blockers:
            self._report("Untie what was tied by hand:")
            remove_all(self._client, seen.blockers, self._report, _BUSY_S, "untied")
        if seen.total:
            self._run_terraform()
        after = self._terraform.state() if seen.total else before
        types = count_types(before) - count_types(after)
        removed, found = self._prove(self._owner(after), with_leftovers)
        if found.is_clean:
            forget_made(self._workspace)
        proof = Proof(count_services(types), removed, found)
        # Of what earlier runs destroyed too, which AWS stopped in the middle.
        gone = read_memory(self._workspace).once if types and not count_types(after) else types
        for line in [*proof_lines(proof, with_leftovers=with_leftovers), *reminders(gone)]:
            self._report(line)
        return proof

    def _run_terraform(self) -> None:
        try:
            self._terraform.destroy()
        except TerraformError as error:
            state = self._terraform.state()
            blockers = find_blockers(Look(self._client, self._owner(state)), state)
            raise (explained(error, blockers) if blockers else error) from None

    def _prove(self, owner: Owner, with_leftovers: bool) -> tuple[tuple[Leftover, ...], Survey]:
        found = settled_survey(self._client, owner, _SETTLE_S)
        removed: list[Leftover] = []
        # Twice and more: a function that was still at work may write its log anew.
        for _round in range(_MOST_ROUNDS):
            if not (with_leftovers and any(one.calls for one in found.leftovers)):
                break
            self._report("Remove what Terraform left:")
            done = remove_all(self._client, found.leftovers, self._report, _BUSY_S)
            removed += done.removed
            remember_removed(self._workspace, len(done.removed))
            found = settled_survey(self._client, owner, _SETTLE_S)
            if done.refused:
                break
        return tuple(removed), found

    def _owner(self, state: State) -> Owner:
        place = None if self._is_account_own else place_of(self._client)
        return owner_of(self._workspace, state, place)


def explained(error: TerraformError, blockers: Sequence[Leftover]) -> TerraformError:
    """Return Terraform's error with what stands in the way, and the commands that untie it."""
    words = "\n".join(f"  {one.title}: {one.why}" for one in blockers)
    happened = (
        f"{error.happened}\n\nAWS does not delete what is still in use, and Terraform unties only "
        f"what it tied itself. Tied by hand:\n{words}"
    )
    ways = "\n".join(f"  {one.remove}" for one in blockers)
    step = f"untie it, then lab.destroy() again (or lab.destroy(leftovers=True) does both):\n{ways}"
    return TerraformError(error.attempted, happened, step, error.diagnostics)


def proof_lines(proof: Proof, *, with_leftovers: bool) -> list[str]:
    """Return the proof for a reader: who was asked, what is left and how to remove it."""
    found = proof.survey
    lines = []
    if proof.destroyed:
        lines.append(f"Destroyed: {counted(proof.destroyed)}")
    lines.append(f"Asked: {', '.join(found.asked)}")
    lines += [f"Not asked: {name} ({why})" for name, why in found.unasked.items()]
    if found.leftovers:
        lines.append(f"Left of the practical: {len(found.leftovers)}")
        lines += leftover_lines(found.leftovers)
        if any(one.calls for one in found.leftovers) and not with_leftovers:
            lines.append("lab.destroy(leftovers=True) or lab destroy --leftovers removes it.")
    elif found.is_clean:
        where = " that is surely this workspace's" if found.unsure else ""
        lines.append(f"Nothing of the practical is left{where}.")
    for one in found.unsure:
        lines.append(f"Look yourself: {one.title}: {one.why}")
        lines.append(f"  {one.remove}")
    return lines


def reminders(destroyed: Mapping[str, int]) -> list[str]:
    """Return what to think of on this machine and in GitLab, after some types were destroyed."""
    lines = []
    if "local_sensitive_file" in destroyed:
        lines.append(
            "The certificate and the keys are gone from terraform/files. terraform.tfstate.backup "
            "still has them, as text: they open nothing any more."
        )
    if "aws_iam_access_key" in destroyed:
        lines.append(
            "The pipeline's access key is gone: delete AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY "
            "in GitLab too (Settings > CI/CD > Variables)."
        )
    return lines

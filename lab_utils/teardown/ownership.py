"""Whose a resource is: the practical's of this workspace, or a stranger's on a shared account."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab_utils.mqtt_errors import certificate_id
from lab_utils.teardown.evidence import (
    Made,
    Place,
    State,
    is_made_in,
    joined,
    made_in,
    read_backup,
    read_memory,
)

TAG_KEY, TAG_VALUE = "workbook", "practical-aws-iot"
"""The tag that the given ``provider.tf`` puts on everything that can have one."""
PRACTICAL: Mapping[str, tuple[str, ...]] = {
    "aws_dynamodb_table": ("Temperature",),
    "aws_timestreamwrite_database": ("iot",),
    "aws_timestreamwrite_table": ("temperaturesensor",),
    "aws_iam_role": ("iot_role", "lambda_role"),
    "aws_lambda_function": ("ac_control_lambda",),
    "aws_cloudwatch_event_rule": ("every_one_minute", "every-one-minute"),
}
"""The names that the practical itself gives."""
_BLOCK = re.compile(
    r'^resource[ \t]+"(?P<type>[^"]+)"[ \t]+"[^"]+"[ \t]*\{(?P<body>.*?)^\}', re.M | re.S
)
_NAME = re.compile(
    r"^[ \t]*(?:name|bucket|function_name|database_name|table_name)[ \t]*=[ \t]*"
    r'"(?P<name>[^"$]+)"[ \t]*(?:#.*)?\r?$',
    re.M,
)
IN_STATE = "it is in Terraform's state: lab.destroy() removes it"
REMEMBERED = "Terraform made it, and its state does not know it any more"
NAMED = "it has the name that the practical or your files give, and Terraform's state lacks it"
ONCE = "Terraform made one of this name and destroyed it, as its state's backup tells"
TAGGED = f"it has the workbook's tag ({TAG_KEY}), and Terraform's state lacks it"
BY_HAND = "it was made by hand, without the workbook's tag"
MAYBE = "only you know whether it is this workspace's or another's of the account"
"""Stands in the reason for what no command of ours may remove."""


@dataclass(frozen=True)
class Owner:
    """What is known of the practical's resources.

    Attributes:
        in_state: What Terraform's state holds, by type.
        made: What Terraform is known to have made, by type.
        perhaps: What it once made and destroyed since, by type: somebody else may have made
            something of the same name after it.
        named: The names that the files and the practical give, by type.
        is_account_own: Whether the whole account is the workspace's, as an embedded AWS is.
        has_state: Whether there is a state, even an empty one; else it is lost, or nothing was
            ever made.
    """

    in_state: Made = field(default_factory=dict)
    made: Made = field(default_factory=dict)
    perhaps: Made = field(default_factory=dict)
    named: Made = field(default_factory=dict)
    is_account_own: bool = False
    has_state: bool = True

    def knows(self, kind: str, *identifiers: str) -> bool:
        """Tell whether Terraform made the resource of a type with one of these names or ids."""
        return not set(identifiers).isdisjoint(self.made.get(kind, ()))

    def sure(self, kind: str) -> set[str]:
        """Return the names and ids of a type that are the practical's without another sign."""
        named = self.named.get(kind, ()) if self.is_account_own else ()
        return {*self.made.get(kind, ()), *named}

    def uncertain(self, kind: str) -> set[str]:
        """Return the names of a type that are the practical's or somebody else's."""
        is_lost = not self.is_account_own and not self.has_state
        return {*self.perhaps.get(kind, ()), *(self.named.get(kind, ()) if is_lost else ())}

    def reason(
        self, kind: str, *identifiers: str, is_tagged: bool = False, kin: str = ""
    ) -> str | None:
        """Return why a resource is taken for the practical's; None for a stranger.

        On an account that others use too, anybody may have a table called ``Temperature``, and
        each workspace of the workbook gives the same tag. There it takes Terraform's word, or a
        tie to something that has it. The tag is no more than a sign there, and so is a name where
        the state is lost: the reason then ends in ``MAYBE``.

        Args:
            kind: Its Terraform type.
            identifiers: Its name, id and ARN, as far as it has them.
            is_tagged: Whether it has the workbook's tag.
            kin: What ties it to something of the practical, in words.
        """
        if not set(identifiers).isdisjoint(self.in_state.get(kind, ())):
            return IN_STATE
        if self.knows(kind, *identifiers):
            return REMEMBERED
        if is_tagged and (self.is_account_own or not kin or MAYBE in kin):
            return self.doubted(TAGGED)
        if kin:
            return kin
        is_named = not set(identifiers).isdisjoint(self.named.get(kind, ()))
        if self.is_account_own:
            return NAMED if is_named else BY_HAND
        if not set(identifiers).isdisjoint(self.perhaps.get(kind, ())):
            return self.doubted(ONCE)
        return self.doubted(NAMED) if is_named and not self.has_state else None

    def doubted(self, why: str) -> str:
        """Return a reason with what makes it none on an account that others use too."""
        return why if self.is_account_own else f"{why}; {MAYBE}"


def owner_of(workspace: Path, state: State, place: Place | None) -> Owner:
    """Return what a workspace tells of the practical's resources.

    Args:
        workspace: The workspace.
        state: Terraform's state now; empty if it is lost.
        place: Account and region that are asked, if others use the account too: what was made
            elsewhere, on the embedded AWS above all, has its names only in common with what is
            there. None where nobody else uses the account.
    """
    now, backup = made_in(state), made_in(read_backup(workspace))
    # A state that exists knows more than its backup: Terraform destroyed what it lacks.
    is_past = place is not None and bool(state)
    parts = [now, *read_memory(workspace).made, *([] if is_past else [backup])]
    here = [part for part in parts if place is None or is_made_in(part, place)]
    given = {kind: list(names) for kind, names in PRACTICAL.items()}
    return Owner(
        in_state=now if now in here else {},
        made=joined([*here, _certificate_of(workspace)]),
        perhaps=backup if place and is_past and is_made_in(backup, place) else {},
        named=joined([given, _named_in(workspace.glob("terraform/*.tf"))]),
        is_account_own=place is None,
        has_state=bool(state),
    )


def _certificate_of(workspace: Path) -> Made:
    """Return the certificate whose file lies in the workspace: a lost state does not lose it."""
    paths = (workspace / folder / "test.cert.pem" for folder in ("terraform/files", "files"))
    found = [certificate_id(path.read_bytes()) for path in paths if path.is_file()]
    return {"aws_iot_certificate": [one for one in found if one]}


def has_tag(tags: Mapping[str, str]) -> bool:
    """Tell whether tags have the workbook's among them."""
    return tags.get(TAG_KEY) == TAG_VALUE


def _named_in(files: Iterable[Path]) -> Made:
    """Return the names that the blocks of Terraform files give, where they are plain texts."""
    found: dict[str, set[str]] = {}
    for path in (one for one in files if one.is_file()):
        text = path.read_text(encoding="utf-8", errors="replace")
        for block in _BLOCK.finditer(text):
            names = (match["name"] for match in _NAME.finditer(block["body"]))
            found.setdefault(block["type"], set()).update(names)
    return {kind: sorted(names) for kind, names in found.items()}

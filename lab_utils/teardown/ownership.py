"""Whose a resource is: the practical's of this workspace, or a stranger's on a shared account."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab_utils.mqtt_errors import certificate_id
from lab_utils.teardown.evidence import Made, State, joined, made_in, read_backup, read_memory

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
TAGGED = f"it has the workbook's tag ({TAG_KEY}), and Terraform's state lacks it"
BY_HAND = "it was made by hand, without the workbook's tag"


@dataclass(frozen=True)
class Owner:
    """What is known of the practical's resources.

    Attributes:
        in_state: What Terraform's state holds, by type.
        made: What Terraform is known to have made, by type.
        named: The names that the files and the practical give, by type.
        is_account_own: Whether the whole account is the workspace's, as an embedded AWS is.
    """

    in_state: Made = field(default_factory=dict)
    made: Made = field(default_factory=dict)
    named: Made = field(default_factory=dict)
    is_account_own: bool = False

    def knows(self, kind: str, *identifiers: str) -> bool:
        """Tell whether Terraform made the resource of a type with one of these names or ids."""
        return not set(identifiers).isdisjoint(self.made.get(kind, ()))

    def sure(self, kind: str) -> set[str]:
        """Return the names and ids of a type that are the practical's without another sign."""
        named = self.named.get(kind, ()) if self.is_account_own else ()
        return {*self.made.get(kind, ()), *named}

    def reason(
        self, kind: str, *identifiers: str, is_tagged: bool = False, kin: str = ""
    ) -> str | None:
        """Return why a resource is taken for the practical's; None for a stranger.

        On an account that others use too, a name alone says nothing: anybody may have a table
        called ``Temperature``. There it takes Terraform's word, the tag, or a tie to something
        that has one of them.

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
        if is_tagged or kin:
            return TAGGED if is_tagged else kin
        is_named = not set(identifiers).isdisjoint(self.named.get(kind, ()))
        if is_named and self.is_account_own:
            return NAMED
        return BY_HAND if self.is_account_own else None


def owner_of(workspace: Path, state: State, *, is_account_own: bool) -> Owner:
    """Return what a workspace tells of the practical's resources.

    Args:
        workspace: The workspace.
        state: Terraform's state now; empty if it is lost.
        is_account_own: Whether nobody else uses the account.
    """
    now = made_in(state)
    earlier = [made_in(read_backup(workspace)), read_memory(workspace).made]
    made = joined([now, *earlier, _certificate_of(workspace)])
    given = {kind: list(names) for kind, names in PRACTICAL.items()}
    named = joined([given, _named_in(workspace.glob("terraform/*.tf"))])
    return Owner(now, made, named, is_account_own)


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
    for path in files:
        text = path.read_text(encoding="utf-8", errors="replace")
        for block in _BLOCK.finditer(text):
            names = (match["name"] for match in _NAME.finditer(block["body"]))
            found.setdefault(block["type"], set()).update(names)
    return {kind: sorted(names) for kind, names in found.items()}

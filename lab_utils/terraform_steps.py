"""What to do about Terraform's errors: the classic mistakes, and the way on from each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from lab_utils.configuration import folder_addresses
from lab_utils.terraform_events import Diagnostic

GIVEN_FILES = frozenset({"output.tf", "provider.tf"})
"""The files of ``terraform/`` that students leave as they are."""
_MOST_STEPS = 3
_MEND = "mend what the message names, then run it again."
_UNKNOWN_TYPES = {"Invalid resource type": "resource", "Invalid data source": "data_source"}
_UNDECLARED = re.compile(
    r'A (?P<mode>managed|data) resource "(?P<type>[^"]+)" "(?P<name>[^"]+)" has not been declared'
)
_EXISTS = (
    "it exists already, made by hand or by another folder: import it "
    "(lab terraform import ADDRESS ID) or delete it."
)
_STEPS = (
    (
        "Failed to query available provider packages",
        "on the embedded AWS the providers hashicorp/aws, local, archive, null, random and time "
        "need no network; for any other one Terraform has to reach its registry.",
    ),
    (
        "Plugin did not respond",
        "the embedded AWS went away while Terraform worked. Run it again: it is started anew, "
        "with what it had stored; its log is .lab/aws.log.",
    ),
    (
        "Failed to load plugin schemas",
        "the embedded AWS does not answer. In a shell take over its environment again, by "
        'eval "$(lab start)".',
    ),
    (
        "Error acquiring the state lock",
        "another Terraform works in this folder: wait for it to end, then run it again. If none "
        "does, a run was killed and left its lock: lab terraform force-unlock with the ID that "
        "the message shows takes it away.",
    ),
    (
        "DeleteConflict",
        "something that Terraform did not make still uses it: untie that, then run it again.",
    ),
    (
        "Invalid Target",
        "a policy is attached to a certificate, by its arn: aws_iot_certificate.NAME.arn.",
    ),
    (
        "SqlParseException",
        "mend the rule's SQL: the operators are = <> < <= > >=, the topic stands in single "
        "quotes, no semicolon at the end.",
    ),
    (
        "Name must match the pattern ^[0-9A-Za-z_]+$",
        "give the rule another name: letters, digits and underscores only.",
    ),
    (
        "all attributes must be indexed",
        "declare an attribute block for the key only (hash_key, range_key or the key of an "
        "index): DynamoDB takes every other field of an item without one.",
    ),
    (
        "MalformedPolicyDocument",
        "mend the policy document: the policy of a role or user needs Effect, Action and "
        "Resource in each statement, assume_role_policy Effect, Action and Principal instead.",
    ),
    ("EntityAlreadyExists", _EXISTS),
    ("ResourceAlreadyExists", _EXISTS),
    ("ResourceInUseException: Table already exists", _EXISTS),
)
"""Words in an error's summary, and what to do then."""


def next_steps(
    errors: Sequence[Diagnostic], folder: Path, supported: Callable[[str], list[str]]
) -> str:
    """Return what to do about a command's errors, a line for each thing.

    Args:
        errors: In the order in which the reader sees them.
        folder: The folder of the configuration.
        supported: Returns the supported types of a kind, ``resource`` or ``data_source``.
    """
    found = dict.fromkeys(
        step for one in errors for step in _steps_of(one, folder, supported) if step
    )
    # Of "declare X" and "output.tf is given: declare X" the second is enough.
    steps = [step for step in found if not any(o != step and o.endswith(step) for o in found)]
    return "\n".join(steps[:_MOST_STEPS]) or _MEND


def _steps_of(
    error: Diagnostic, folder: Path, supported: Callable[[str], list[str]]
) -> Iterator[str]:
    summary, detail = error["summary"], error.get("detail", "")
    if kind := _UNKNOWN_TYPES.get(summary):
        is_told = "Did you mean" in detail
        names = "" if is_told else f": {', '.join(supported(kind))}"
        yield (
            "use the type that the message proposes."
            if is_told
            else (f"use a type that the providers at hand support{names}.")
        )
    if match := _UNDECLARED.search(detail):
        yield _declare(match, error, folder)
    yield next((step for words, step in _STEPS if words in summary), "")


def _declare(match: re.Match[str], error: Diagnostic, folder: Path) -> str:
    """Return what to do about a reference to what no file declares."""
    keyword = "data" if match["mode"] == "data" else "resource"
    name = error.get("range", {}).get("filename", "")
    given = f"{name} is given: " if name in GIVEN_FILES else ""
    wanted = f'{given}declare {keyword} "{match["type"]}" "{match["name"]}".'
    stem = f"{keyword}.{match['type']}."
    similar = [one for one in folder_addresses(folder) if one.startswith(stem)]
    if not similar:
        return wanted
    named = ", ".join(address.removeprefix("resource.") for address in similar)
    asked = "is the name right?" if len(similar) == 1 else "is one of the names wrong?"
    return f"{wanted} You have declared {named}: {asked}"

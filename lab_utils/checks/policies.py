"""What policy documents allow, as far as the checks have to know it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

Document = dict[str, Any]


def read_document(document: str | Document) -> Document:
    """Return a policy document, which some APIs give as text and some as an object."""
    return json.loads(document) if isinstance(document, str) else document


def statements(document: Document) -> list[Document]:
    """Return a document's statements: a single one may stand without a list."""
    found = document.get("Statement", [])
    return found if isinstance(found, list) else [found]


def is_allowed(documents: Iterable[Document], action: str, resource: str) -> bool:
    """Return whether policies allow an action on a resource; an explicit Deny wins.

    Policy variables match anything and conditions are not looked at: what they do shows when
    the device connects.

    Source: https://docs.aws.amazon.com/iot/latest/developerguide/iot-policy-actions.html
    """
    effects = {
        statement.get("Effect")
        for document in documents
        for statement in statements(document)
        if names(statement.get("Action"), action, ignore_case=True)
        and names(statement.get("Resource"), resource)
    }
    return "Allow" in effects and "Deny" not in effects


def is_trusted(document: Document, service: str) -> bool:
    """Return whether a role's trust policy lets an AWS service assume the role."""
    return any(
        statement.get("Effect") == "Allow"
        and names(statement.get("Action"), "sts:AssumeRole", ignore_case=True)
        and service in services(statement)
        for statement in statements(document)
    )


def trusted_services(document: Document) -> list[str]:
    """Return the AWS services that a trust policy names."""
    found = {name for statement in statements(document) for name in services(statement)}
    return sorted(found)


def services(statement: Document) -> list[str]:
    """Return the AWS services that a statement's principal names."""
    principal = statement.get("Principal", {})
    return listed(principal.get("Service")) if isinstance(principal, dict) else []


def listed(value: Any) -> list[str]:
    """Return what a policy gives as one text or as a list of them, as a list."""
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)


def names(patterns: Any, text: str, *, ignore_case: bool = False) -> bool:
    """Return whether one of a policy's patterns, with their wildcards, stands for a text."""
    flags = re.IGNORECASE if ignore_case else 0
    return any(re.fullmatch(_regex(one), text, flags) for one in listed(patterns))


def _regex(pattern: str) -> str:
    """Return the regular expression of a policy's wildcards; a variable stands for anything."""
    whole = re.sub(r"\$\{[^}]*\}", "*", pattern)
    return re.escape(whole).replace(r"\*", ".*").replace(r"\?", ".")

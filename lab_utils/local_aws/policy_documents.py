"""Policy documents as IAM takes them: what is wrong with one, in IAM's words.

Source:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

_VERSIONS = ("2008-10-17", "2012-10-17")
_ELEMENTS = frozenset({"Version", "Id", "Statement"})
_STATEMENT_ELEMENTS = frozenset(
    {
        *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction"),
        *("Resource", "NotResource", "Condition"),
    }
)
_SYNTAX = "Syntax errors in policy."
_SERVICE = re.compile(r"[\w.-]+\.(amazonaws\.com(\.cn)?|aws\.internal)")


def identity_policy_problem(document: Any) -> str | None:
    """Return what IAM says against a policy of a role, a user or a group; ``None`` if nothing.

    Args:
        document: The policy, as text or parsed.
    """
    return _problem(document, _identity_problem, "The policy is not in the valid JSON format.")


def trust_policy_problem(document: Any) -> str | None:
    """Return what IAM says against a role's trust policy; ``None`` if nothing.

    Args:
        document: The policy, as text or parsed.
    """
    return _problem(document, _trust_problem, "This policy contains invalid Json")


def _problem(
    document: Any, of_statement: Callable[[dict[str, Any]], str | None], not_json: str
) -> str | None:
    try:
        statements = _statements(document)
    except json.JSONDecodeError:
        return not_json
    if statements is None:
        return _SYNTAX
    return next(filter(None, map(of_statement, statements)), None) or _sid_problem(statements)


def _statements(document: Any) -> list[dict[str, Any]] | None:
    """Return a policy's statements, or ``None`` for one that does not follow the grammar."""
    policy = json.loads(document) if isinstance(document, str) else document
    if not isinstance(policy, dict) or not policy.keys() <= _ELEMENTS:
        return None
    statements = policy.get("Statement")
    listed: list[Any] = statements if isinstance(statements, list) else [statements]
    is_sound = bool(listed) and policy.get("Version", _VERSIONS[0]) in _VERSIONS
    return listed if is_sound and all(map(_follows_grammar, listed)) else None


def _follows_grammar(statement: Any) -> bool:
    if not isinstance(statement, dict) or not statement.keys() <= _STATEMENT_ELEMENTS:
        return False
    pairs = (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal"))
    has_both = any(one in statement and other in statement for one, other in pairs)
    texts = [*_texts(statement, "Action"), *_texts(statement, "Resource")]
    return (
        statement.get("Effect") in ("Allow", "Deny")
        and not has_both
        and all(isinstance(text, str) for text in texts)
        and isinstance(statement.get("Condition", {}), dict)
        and isinstance(statement.get("Sid", ""), str)
    )


def _identity_problem(statement: dict[str, Any]) -> str | None:
    if "Principal" in statement or "NotPrincipal" in statement:
        return "Policy document should not specify a principal."
    actions, resources = _texts(statement, "Action"), _texts(statement, "Resource")
    if not actions:
        return "Policy statement must contain actions."
    if not resources:
        return "Policy statement must contain resources."
    if any(action != "*" and ":" not in action for action in actions):
        return "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
    strange = (one for one in resources if one != "*" and not re.match(r"arn:|\*:", one))
    return next((f'Resource {one} must be in ARN format or "*".' for one in strange), None)


def _trust_problem(statement: dict[str, Any]) -> str | None:
    if "Resource" in statement or "NotResource" in statement:
        return "Has prohibited field Resource"
    if "NotPrincipal" in statement:
        return None
    if not statement.get("Principal"):
        return "Missing required field Principal"
    actions = _texts(statement, "Action")
    if not actions or any(not re.match(r"(?i)sts:|\*$", action) for action in actions):
        return "AssumeRole policy may only specify STS AssumeRole actions."
    return _principal_problem(statement["Principal"])


def _principal_problem(principal: Any) -> str | None:
    if not isinstance(principal, dict):
        return None if principal == "*" else "Invalid principal in policy."
    services = principal.get("Service") or []
    for service in services if isinstance(services, list) else [services]:
        if not isinstance(service, str) or not _SERVICE.fullmatch(service):
            return f'Invalid principal in policy: "SERVICE":"{service}"'
    return None


def _sid_problem(statements: list[dict[str, Any]]) -> str | None:
    sids = [statement["Sid"] for statement in statements if statement.get("Sid")]
    if any(not re.fullmatch(r"[0-9A-Za-z]*", sid) for sid in sids):
        return (
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the "
            "regular expression [0-9A-Za-z]*"
        )
    if len(set(sids)) < len(sids):
        return "Statement IDs (SID) in a single policy must be unique."
    return None


def _texts(statement: dict[str, Any], element: str) -> list[Any]:
    """Return the values of ``Action`` or ``Resource``, or of their ``Not`` forms."""
    value = statement.get(element, statement.get(f"Not{element}"))
    if value is None:
        return []
    return value if isinstance(value, list) else [value]

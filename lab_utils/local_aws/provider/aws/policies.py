"""Policy documents: when two mean the same, how a state spells one, and what is wrong with one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from lab_utils.local_aws.provider.values import UNKNOWN, State

_TEXT_FIELDS = ("Action", "NotAction", "Resource", "NotResource")
_ROOT_ARN = re.compile(r"arn:[\w-]+:iam::(\d{12}):root")
_GO_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def same_policy(left: str, right: str) -> bool:
    """Return whether two policy documents mean the same to AWS.

    The order of statements and of values has no meaning, one text is the same as a list of it,
    and an account's id is the same as its root's ARN.
    """
    try:
        return bool(_meaning(json.loads(left)) == _meaning(json.loads(right)))
    except (json.JSONDecodeError, TypeError):
        return False


def settle_policy(prior: State | None, planned: State, name: str) -> None:
    """Keep the prior spelling of a policy in a plan when the planned one means the same."""
    if prior is None or planned[name] is UNKNOWN or not prior.get(name) or not planned[name]:
        return
    if same_policy(prior[name], planned[name]):
        planned[name] = prior[name]


def normalize_json(text: Any) -> Any:
    """Return JSON as the real provider stores it: compact, keys in order; else what was given."""
    try:
        value = json.loads(text)
    except (json.JSONDecodeError, TypeError):
        return text
    return go_escape(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False))


def normalize_policy(text: Any) -> Any:
    """Return a policy as the real provider stores it: as above, but ``Version`` comes first."""
    try:
        value = json.loads(text)
    except (json.JSONDecodeError, TypeError):
        return text
    if not isinstance(value, dict):
        return text
    ordered = {
        name: value[name] for name in sorted(value, key=lambda name: (name != "Version", name))
    }
    return _compact(ordered)


def read_policy(
    state: State, name: str, document: Any, spell: Callable[[Any], Any] = normalize_policy
) -> str:
    """Return the text for the state of a policy that the service tells.

    Args:
        state: Its spelling is kept when it means the same.
        name: The attribute.
        document: A text, or the object that botocore makes of one.
        spell: How a new spelling is stored.
    """
    text = document if isinstance(document, str) else spell(json.dumps(document))
    known = state.get(name)
    return known if isinstance(known, str) and same_policy(known, text) else text


def is_policy(name: str, value: Any) -> str | None:
    """Return what is wrong with a text that has to be a policy document."""
    text = value.strip()
    if not text:
        return f'"{name}" is an empty string, which is not a valid JSON value'
    bad = f'"{name}" contains an invalid JSON policy'
    if text[0] != "{":
        return f"{bad}: {_not_an_object(value)}"
    try:
        json.loads(value)
    except json.JSONDecodeError as error:
        return f"{bad}: {error.msg}, at byte offset {len(value[: error.pos].encode())}"
    return None


def go_escape(text: str) -> str:
    """Return JSON with the characters escaped that Go's encoder escapes."""
    for character, escaped in _GO_ESCAPES.items():
        text = text.replace(character, escaped)
    return text


def _compact(value: dict[str, Any]) -> str:
    fields = (
        f"{json.dumps(name)}:{normalize_json(json.dumps(one))}" for name, one in value.items()
    )
    return "{" + ",".join(fields) + "}"


def _not_an_object(value: str) -> str:
    if value[0] in " \t\r\n":
        return "leading space characters are not allowed"
    if value[0] == '"':
        return _encoded_text(value)
    if value[0] == "[":
        return "contains a JSON array, not a JSON object"
    hint = " (have you passed a filename instead of the content of that file?)"
    return f"not a JSON object{hint if value.endswith('.json') else ''}"


def _encoded_text(value: str) -> str:
    words = "contains a JSON-encoded string, not a JSON-encoded object"
    try:
        content = json.loads(value)
    except json.JSONDecodeError:
        return words
    if content.endswith(".json"):
        return f"{words} (have you passed a JSON-encoded filename instead of its content?)"
    return f"{words} (have you double-encoded your JSON data?)"


def _meaning(document: Any) -> Any:
    if not isinstance(document, dict):
        return document
    statements = document.get("Statement")
    listed = statements if isinstance(statements, list) else [statements]
    meanings = sorted(repr(_statement(one)) for one in listed)
    return document.get("Version", ""), document.get("Id", ""), len(listed), set(meanings)


def _statement(statement: Any) -> Any:
    if not isinstance(statement, dict):
        return statement
    return (
        statement.get("Sid", ""),
        str(statement.get("Effect", "")).lower(),
        [sorted(map(str, _listed(statement.get(field)))) for field in _TEXT_FIELDS],
        _conditions(statement.get("Condition")),
        [_principals(statement.get(field)) for field in ("Principal", "NotPrincipal")],
    )


def _conditions(conditions: Any) -> Any:
    if not isinstance(conditions, dict):
        return conditions
    return sorted(
        (
            test,
            sorted(
                (variable, sorted({_text(one) for one in _listed(values)}))
                for variable, values in tests.items()
            ),
        )
        for test, tests in conditions.items()
    )


def _principals(principals: Any) -> Any:
    if not isinstance(principals, dict):
        return principals
    known = {
        kind: sorted({_principal(one) for one in _listed(ids)}) for kind, ids in principals.items()
    }
    return sorted((kind, ids) for kind, ids in known.items() if ids)


def _principal(identifier: Any) -> str:
    found = _ROOT_ARN.fullmatch(str(identifier))
    return found[1] if found else str(identifier)


def _text(value: Any) -> str:
    """Return a condition's value as AWS stores it: ``true`` and ``"true"`` are the same."""
    return value if isinstance(value, str) else json.dumps(value)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]

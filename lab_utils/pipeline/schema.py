"""GitLab's published schema of the pipeline file, and what it says in plain words.

The schema is the one that check-jsonschema 0.39.0 carries: ``ci.json`` of GitLab's pipeline editor
(MIT Expat), with the SHA-256 ``1c6eeb7d3a34c39996afbfe1ade220480eb05bbeae674e86d3c745dfeeded7fd``.

Source: https://gitlab.com/gitlab-org/gitlab/-/blob/master/app/assets/javascripts/editor/schema/ci.json
"""

from __future__ import annotations

import difflib
import importlib.util
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lab_utils.errors import PipelineError
from lab_utils.json_schema import Draft7Validator, ValidationError

_MOST = 20


@dataclass(frozen=True)
class Violation:
    """Something that the schema does not allow.

    Attributes:
        path: The keys from the top of the file to the value.
        says: What is there, in words.
        hint: What to do.
    """

    path: tuple[Any, ...]
    says: str
    hint: str


def violations(data: Any) -> list[Violation]:
    """Return what GitLab's schema does not allow, in the order of the file; twenty at most."""
    found: dict[tuple[Any, ...], Violation] = {}
    for error in _validator().iter_errors(data):
        for cause in _causes(error):
            told = _told(cause)
            found.setdefault(told.path, told)
            if len(found) >= _MOST:
                return list(found.values())
    return list(found.values())


@cache
def job_keys() -> frozenset[str]:
    """Return the keys that a job may have."""
    return frozenset(_schema()["definitions"]["job_template"]["properties"])


def is_keyword_of_a_job(name: Any) -> bool:
    """Return whether a name at the file's left edge is a key that only a job may have."""
    return name in job_keys() and name not in _schema()["properties"]


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(_schema_file().read_text(encoding="utf-8"))
    return schema


def _schema_file() -> Path:
    """Return where it lies: found without an import, which would load a command line's half."""
    found = importlib.util.find_spec("check_jsonschema")
    if found is None or found.origin is None:
        raise PipelineError(
            "look the pipeline file over",
            "The package check-jsonschema, which carries GitLab's schema, is not installed.",
            "set the lab up anew: make.",
        )
    return Path(found.origin).parent / "builtin_schemas" / "vendor" / "gitlab-ci.json"


@cache
def _validator() -> Draft7Validator:
    return Draft7Validator(_schema())


def _causes(error: ValidationError) -> Iterator[ValidationError]:
    """Yield what an error comes down to: of several alternatives, the one that nearly fits."""
    if not error.context:
        yield error
        return
    branches: dict[Any, list[ValidationError]] = {}
    for below in error.context:
        branches.setdefault(below.schema_path[0] if below.schema_path else 0, []).append(below)
    yield from (cause for one in min(branches.values(), key=_misfit) for cause in _causes(one))


def _misfit(errors: Iterable[ValidationError]) -> tuple[bool, int, int]:
    """Return how little an alternative fits: first those of which the type is another one."""
    listed = list(errors)
    is_other_type = any(
        one.validator == "type" and len(one.relative_path) == 0 for one in listed
    ) or any(one.validator == "required" and "trigger" in one.message for one in listed)
    return is_other_type, -max(len(one.absolute_path) for one in listed), len(listed)


def _told(error: ValidationError) -> Violation:
    path = tuple(error.absolute_path)
    if path and is_keyword_of_a_job(path[0]):
        says = f"`{path[0]}:` stands at the left edge, so GitLab takes it for a job."
        hint = f"indent it, and what belongs to it, below the job whose `{path[0]}:` it is."
        return Violation(path[:1], says, hint)
    tell = _WORDS.get(str(error.validator), _any_other)
    says, hint = tell(error, _named(path), error.validator_value)
    if len(path) == 1 and (
        near := difflib.get_close_matches(str(path[0]), _schema()["properties"])
    ):
        hint = f"`{path[0]}` is taken for a job; did you mean `{near[0]}:`?"
    return Violation(path, says, hint)


def _named(path: tuple[Any, ...]) -> str:
    if not path:
        return "the file"
    if isinstance(path[-1], int):
        return f"item {path[-1] + 1} of {_named(path[:-1])}"
    return f"`{'.'.join(str(key) for key in path)}`"


def _unexpected(error: ValidationError, where: str, _wanted: Any) -> tuple[str, str]:
    allowed = set(error.schema.get("properties", {})) if isinstance(error.schema, dict) else set()
    instance: Any = error.instance
    wrong = [str(key) for key in instance if key not in allowed]
    hints = [
        f"write `{near[0]}` for `{key}`"
        for key in wrong
        if (near := difflib.get_close_matches(key, allowed, 1))
    ]
    known = "see https://docs.gitlab.com/ci/yaml/ for the keys that there are."
    says = f"GitLab knows no {_keys(wrong)} in {where}."
    return says, ", ".join(hints) + "." if hints else known


def _wrong_type(error: ValidationError, where: str, wanted: Any) -> tuple[str, str]:
    named = [wanted] if isinstance(wanted, str) else list(wanted)
    words = " or ".join(_TYPES.get(one, one) for one in named)
    return f"{where} is {_shown(error.instance)}; it has to be {words}.", _TYPE_HINT


def _missing(error: ValidationError, where: str, wanted: Any) -> tuple[str, str]:
    instance: Any = error.instance
    lacking = [key for key in wanted if key not in instance]
    return f"{where} lacks {_keys(lacking)}.", f"write {_keys(lacking)} below it."


def _not_listed(error: ValidationError, where: str, wanted: Any) -> tuple[str, str]:
    allowed = [str(one) for one in wanted]
    near = difflib.get_close_matches(str(error.instance), allowed, 1)
    hint = f"did you mean `{near[0]}`?" if near else f"take one of: {', '.join(allowed[:12])}."
    return f"{where} is {_shown(error.instance)}, which GitLab does not know.", hint


def _too_few(_error: ValidationError, where: str, _wanted: Any) -> tuple[str, str]:
    return f"{where} is empty.", "write something into it, or take it out."


def _any_other(error: ValidationError, where: str, _wanted: Any) -> tuple[str, str]:
    return f"{where} is not as GitLab wants it: {error.message[:160]}.", "mend it."


def _keys(names: list[str]) -> str:
    return ", ".join(f"`{name}:`" for name in names)


def _shown(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`, which YAML takes for yes or no"
    if isinstance(value, dict):
        return "a mapping (keys with values)"
    if isinstance(value, list):
        return "a list"
    return f"`{str(value)[:60]}`"


_TYPES = {
    "string": "a text",
    "array": "a list (lines that begin with `- `)",
    "object": "a mapping (keys with values)",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "null": "empty",
}
_TYPE_HINT = "mend it, or put a text that contains `: ` or begins with `*`, `&` or `!` in quotes."
_WORDS = {
    "additionalProperties": _unexpected,
    "type": _wrong_type,
    "required": _missing,
    "enum": _not_listed,
    "minItems": _too_few,
    "minLength": _too_few,
    "minProperties": _too_few,
}

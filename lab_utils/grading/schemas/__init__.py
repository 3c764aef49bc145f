"""The JSON Schemas of grading's files, and what holds data against them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from lab_utils.errors import LabError
from lab_utils.json_schema import Draft202012Validator, Registry, Resource, best_match

_FOLDER = Path(__file__).parent
_LONGEST = 200


class SchemaError(LabError):
    """Data of grading is not what its schema says."""


def validate(name: str, data: Any) -> None:
    """Hold data against a schema.

    Args:
        name: Of the schema: ``verdict``, ``answer``, ``entry`` or ``results``.
        data: As `json.loads` returns it.

    Raises:
        SchemaError: It does not fit; the message names the first place that does not.
    """
    error = best_match(_validator(name).iter_errors(data))
    if error is None:
        return
    place = "/".join(str(key) for key in error.absolute_path) or "the whole"
    raise SchemaError(
        f"take it for a grading {name}",
        f"At {place}: {error.message[:_LONGEST]}",
        "it was not written by this version of the lab, or it was altered: grade again.",
    )


@cache
def _validator(name: str) -> Draft202012Validator:
    schema = json.loads((_FOLDER / f"{name}.schema.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema, registry=_registry())


@cache
def _registry() -> Registry[Any]:
    files = sorted(_FOLDER.glob("*.schema.json"))
    schemas = (json.loads(file.read_text(encoding="utf-8")) for file in files)
    return Registry().with_resources(
        (schema["$id"], Resource.from_contents(schema)) for schema in schemas
    )

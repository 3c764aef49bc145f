"""Requests held against the constraints of the service's model, in AWS's words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, ServiceModel, Shape, StructureShape

from lab_utils.local_aws.timestream.errors import SerializationException, ValidationException

_DOCUMENTED: dict[str, dict[str, Any]] = {"ResourceCreateAPIName": {"min": 3, "max": 256}}
"""Constraints of the API reference that the model leaves out, by shape."""
_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "list": (list,),
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "boolean": (bool,),
    "timestamp": (int, float, str),
}


def operations(service: str) -> frozenset[str]:
    """Return the names of a service's operations; ``timestream-write`` or ``-query``."""
    return frozenset(_model(service).operation_names)


def check_request(service: str, operation: str, document: Mapping[str, Any]) -> None:
    """Return if a request satisfies the model's constraints.

    Raises:
        SerializationException: A member is of another JSON type.
        ValidationException: Names every constraint that is not satisfied.
    """
    shape = _model(service).operation_model(operation).input_shape
    problems = list(_problems(shape, document, "")) if shape else []
    if not problems:
        return
    count = len(problems)
    errors = "error" if count == 1 else "errors"
    raise ValidationException(f"{count} validation {errors} detected: {'; '.join(problems)}")


@lru_cache
def _model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def _problems(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if type(value) not in _PYTHON_TYPES[shape.type_name]:
        raise SerializationException(f"{path or 'the request'} is not a {shape.type_name}")
    if isinstance(shape, StructureShape):
        yield from _problems_of_members(shape, value, path)
    elif isinstance(shape, ListShape):
        yield from _problems_of_value(shape, value, path, len(value))
        for number, element in enumerate(value, 1):
            yield from _problems(shape.member, element, f"{path}.{number}.member")
    elif isinstance(value, str):
        yield from _problems_of_value(shape, value, path, len(value))
        yield from _problems_of_text(shape, value, path)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield from _problems_of_value(shape, value, path, value)


def _problems_of_members(
    shape: StructureShape, document: Mapping[str, Any], path: str
) -> Iterator[str]:
    for name, member in shape.members.items():
        where = f"{path}.{_lower_first(name)}" if path else _lower_first(name)
        value = document.get(name)
        if value is not None:
            yield from _problems(member, value, where)
        elif name in shape.required_members:
            yield f"Value null at '{where}' failed to satisfy constraint: Member must not be null"


def _problems_of_value(shape: Shape, value: Any, path: str, measure: int) -> Iterator[str]:
    constraints = {**shape.metadata, **_DOCUMENTED.get(shape.name, {})}
    what = "value" if isinstance(value, int) else "length"
    for bound, holds, words in (
        ("min", measure >= constraints.get("min", measure), "greater than or equal to"),
        ("max", measure <= constraints.get("max", measure), "less than or equal to"),
    ):
        if not holds:
            yield _unsatisfied(value, path, f"have {what} {words} {constraints[bound]}")


def _problems_of_text(shape: Shape, value: str, path: str) -> Iterator[str]:
    pattern, names = shape.metadata.get("pattern"), shape.metadata.get("enum")
    if pattern and not re.fullmatch(pattern, value):
        yield _unsatisfied(value, path, f"satisfy regular expression pattern: {pattern}")
    if names and value not in names:
        yield _unsatisfied(value, path, f"satisfy enum value set: [{', '.join(names)}]")


def _unsatisfied(value: Any, path: str, constraint: str) -> str:
    return f"Value '{value}' at '{path}' failed to satisfy constraint: Member must {constraint}"


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]

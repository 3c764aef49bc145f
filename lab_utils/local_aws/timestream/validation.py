"""Requests held against the constraints of the service's model, in AWS's words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, ServiceModel, Shape, StructureShape

from lab_utils.local_aws.texts import shortened
from lab_utils.local_aws.timestream.errors import SerializationException, ValidationException

_DOCUMENTED: dict[str, dict[str, Any]] = {"ResourceCreateAPIName": {"min": 3, "max": 256}}
"""Constraints of the API reference that the model leaves out, by shape."""
_LONGEST_SHOWN = 2000
"""Characters of a value that a message repeats."""
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
    problems = _problems(shape, document) if shape else []
    if not problems:
        return
    count = len(problems)
    errors = "error" if count == 1 else "errors"
    told = "; ".join(str(problem) for problem in problems)
    raise ValidationException(f"{count} validation {errors} detected: {told}")


@dataclass(frozen=True)
class _Problem:
    """A constraint that is not satisfied; its path is put together from the inside outwards."""

    path: str
    value: str
    constraint: str

    def inside(self, name: str) -> _Problem:
        path = f"{name}.{self.path}" if self.path else name
        return replace(self, path=path)

    def __str__(self) -> str:
        failed = f"Value {self.value} at '{self.path}' failed to satisfy constraint"
        return f"{failed}: Member must {self.constraint}"


@lru_cache
def _model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def _problems(shape: Shape, value: Any) -> list[_Problem]:
    if type(value) not in _PYTHON_TYPES[shape.type_name]:
        raise SerializationException(f"A value of {shape.name} is not a {shape.type_name}.")
    if isinstance(shape, StructureShape):
        return _problems_of_members(shape, value)
    if isinstance(shape, ListShape):
        problems = _problems_of_size(shape, value, len(value))
        for number, element in enumerate(value, 1):
            found = _problems(shape.member, element)
            problems += [problem.inside(f"{number}.member") for problem in found]
        return problems
    if isinstance(value, str):
        return _problems_of_size(shape, value, len(value)) + _problems_of_text(shape, value)
    return [] if isinstance(value, bool) else _problems_of_size(shape, value, value)


def _problems_of_members(shape: StructureShape, document: Mapping[str, Any]) -> list[_Problem]:
    problems = [
        _Problem(_lower_first(name), "null", "not be null")
        for name in shape.required_members
        if document.get(name) is None
    ]
    members = shape.members
    for name, value in document.items():
        if value is not None and name in members:
            found = _problems(members[name], value)
            problems += [problem.inside(_lower_first(name)) for problem in found]
    return problems


def _problems_of_size(shape: Shape, value: Any, measure: float) -> list[_Problem]:
    constraints = _DOCUMENTED.get(shape.name, shape.metadata)
    what = "length" if isinstance(value, str | list) else "value"
    least, most = constraints.get("min"), constraints.get("max")
    problems = []
    if least is not None and measure < least:
        problems.append(_unsatisfied(value, f"have {what} greater than or equal to {least}"))
    if most is not None and measure > most:
        problems.append(_unsatisfied(value, f"have {what} less than or equal to {most}"))
    return problems


def _problems_of_text(shape: Shape, value: str) -> list[_Problem]:
    problems = []
    pattern, names = shape.metadata.get("pattern"), shape.metadata.get("enum")
    if pattern and not re.fullmatch(pattern, value):
        problems.append(_unsatisfied(value, f"satisfy regular expression pattern: {pattern}"))
    if names and value not in names:
        problems.append(_unsatisfied(value, f"satisfy enum value set: [{', '.join(names)}]"))
    return problems


def _unsatisfied(value: Any, constraint: str) -> _Problem:
    return _Problem("", f"'{shortened(str(value), _LONGEST_SHOWN)}'", constraint)


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]

"""The checks that a resource type declares in its overlay, in the real provider's words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from lab_utils.local_aws.provider.diagnostics import Diagnostics
from lab_utils.local_aws.provider.overlay import Overlay, Validator
from lab_utils.local_aws.provider.schema import Block
from lab_utils.local_aws.provider.values import UNKNOWN, Path, State


def one_of(*values: str) -> Validator:
    """Return a check that a text is one of the values."""

    def check(name: str, value: Any) -> str | None:
        if value in values:
            return None
        listed = " ".join(json.dumps(one) for one in values)
        return f"expected {name} to be one of [{listed}], got {value}"

    return check


def length(least: int, most: int) -> Validator:
    """Return a check of a text's length in characters."""

    def check(name: str, value: Any) -> str | None:
        if least <= len(value) <= most:
            return None
        return f"expected length of {name} to be in the range ({least} - {most}), got {value}"

    return check


def between(least: float, most: float) -> Validator:
    """Return a check of a number's range."""

    def check(name: str, value: Any) -> str | None:
        if least <= value <= most:
            return None
        return f"expected {name} to be in the range ({least} - {most}), got {value}"

    return check


def matches(pattern: str, message: str) -> Validator:
    """Return a check by a regular expression, which has to match the whole text."""

    def check(name: str, value: Any) -> str | None:
        if re.fullmatch(pattern, value):
            return None
        return f"invalid value for {name} ({message})"

    return check


def is_empty_text(name: str, value: Any) -> str | None:
    """Return what is wrong with a text that has to be empty."""
    return f'expected "{name}" to be an empty string: got {value}' if value else None


def is_json(name: str, value: Any) -> str | None:
    """Return what is wrong with a text that has to be JSON."""
    try:
        json.loads(value)
    except json.JSONDecodeError as error:
        return f'"{name}" contains an invalid JSON: {error}'
    return None


def is_arn(name: str, value: Any) -> str | None:
    """Return what is wrong with a text that has to be an ARN."""
    if re.fullmatch(r"arn:[\w-]+:[\w-]+:[\w-]*:(\d{12}|aws)?:.+", value):
        return None
    return f'"{name}" ({value}) is an invalid ARN: arn: invalid prefix'


def is_region(_name: str, value: Any) -> str | None:
    """Return what is wrong with a text that has to be a region's code."""
    if re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", value):
        return None
    return f'"{value}" is not a region code such as eu-west-1.'


def validate(block: Block, overlay: Overlay, config: State, diagnostics: Diagnostics) -> None:
    """Add a diagnostic for each thing in a configuration that the overlay forbids."""
    found = list(_walk(block, config, (), ()))
    for names, path, value in found:
        dotted = ".".join(names)
        if (why := overlay.no_effect.get(dotted)) is not None:
            diagnostics.error(f'Argument "{dotted}" has no effect on the embedded AWS', why, path)
        if dotted in overlay.deprecated:
            words = f'"{dotted}" is deprecated and may be removed from the real provider.'
            diagnostics.warning("Argument is deprecated", words, path)
        if value is UNKNOWN:
            continue
        for check in overlay.validators.get(dotted, ()):
            if problem := check(names[-1], value):
                diagnostics.error(problem, "", path)
    _check_groups(overlay, found, diagnostics)


_Found = tuple[tuple[str, ...], Path, Any]


def _walk(block: Block, config: Any, names: tuple[str, ...], path: Path) -> Iterator[_Found]:
    """Yield names, path and value of each attribute and block that is set."""
    for name in block.attributes:
        if config.get(name) is not None:
            yield (*names, name), (*path, name), config[name]
    for name, nested in block.blocks.items():
        value = config.get(name)
        if value is None or value == []:
            continue
        here = (*names, name)
        yield here, (*path, name), value
        items = value if isinstance(value, list) else [value]
        for index, item in enumerate(items):
            if not isinstance(item, dict):
                continue
            deeper = (*path, name, index) if nested.nesting == "list" else (*path, name)
            yield from _walk(nested.block, item, here, deeper)


def _check_groups(overlay: Overlay, walked: list[_Found], diagnostics: Diagnostics) -> None:
    found = {".".join(names): path for names, path, _ in walked}
    # An unknown value may turn out to be null, so it neither conflicts nor is missing.
    known = {".".join(names): path for names, path, value in walked if value is not UNKNOWN}
    for group in overlay.conflicts:
        present = [name for name in group if name in known]
        for name, other in pairwise(present):
            words = f'"{name}": conflicts with {other}'
            diagnostics.error("Conflicting configuration arguments", words, found[name])
    for group in overlay.exactly_one_of:
        if not any(name in found and name not in known for name in group):
            _check_exactly_one(group, found, diagnostics)
    for group in overlay.at_least_one_of:
        if not any(name in found for name in group):
            words = f'"{group[0]}": one of {_listed(sorted(group))} must be specified'
            diagnostics.error("Missing required argument", words, (group[0],))
    for name, others in overlay.required_with.items():
        if name in found and any(other not in found for other in others):
            words = f'"{name}": all of {_listed([name, *others])} must be specified'
            diagnostics.error("Missing required argument", words, found[name])


def _check_exactly_one(
    group: tuple[str, ...], found: dict[str, Path], diagnostics: Diagnostics
) -> None:
    present = [name for name in group if name in found]
    listed = _listed(sorted(group))
    if not present:
        words = f'"{group[0]}": one of {listed} must be specified'
        diagnostics.error("Invalid combination of arguments", words, (group[0],))
    elif len(present) > 1:
        words = (
            f'"{present[0]}": only one of {listed} can be specified, '
            f"but {_listed(present)} were specified."
        )
        diagnostics.error("Invalid combination of arguments", words, found[present[0]])


def _listed(names: list[str]) -> str:
    return f"`{','.join(names)}`"

"""Equivalence of states: keep one spelling where two mean the same, and list what differs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lab_utils.local_aws.provider.overlay import Overlay
from lab_utils.local_aws.provider.schema import Attribute, Block, Nested
from lab_utils.local_aws.provider.values import (
    UNKNOWN,
    Path,
    State,
    has_unknown,
    is_empty,
    same_json,
)


class Comparison:
    """Compares states of one type.

    Args:
        overlay: The type's overlay: which texts are JSON.
        lenient: Whether null and a type's zero are the same, as for the AWS provider's types.
    """

    def __init__(self, overlay: Overlay, lenient: bool) -> None:
        self._overlay = overlay
        self._lenient = lenient

    def settle(self, block: Block, reference: Any, actual: Any, at: tuple[str, ...] = ()) -> Any:
        """Return ``actual``, with the reference's spelling of every equivalent value."""
        if not isinstance(reference, dict) or not isinstance(actual, dict):
            return actual
        settled = dict(actual)
        for name, attribute in block.attributes.items():
            if name in actual and name in reference:
                old, new = reference[name], actual[name]
                if self.is_same(attribute, old, new, (*at, name)):
                    settled[name] = old
        for name, nested in block.blocks.items():
            if name in actual and name in reference:
                settled[name] = self._settle_nested(
                    nested, reference[name], actual[name], (*at, name)
                )
        return settled

    def is_same(self, attribute: Attribute, old: Any, new: Any, at: tuple[str, ...]) -> bool:
        """Return whether two values of an attribute mean the same."""
        if old is UNKNOWN or new is UNKNOWN:
            return old is new
        if type(old) is type(new) and old == new:
            return True
        if self._lenient and is_empty(old) and is_empty(new):
            return True
        if ".".join(at) in self._overlay.json and same_json(old, new):
            return True
        if attribute.is_set and isinstance(old, list) and isinstance(new, list):
            return len(old) == len(new) and all(item in new for item in old)
        is_number = attribute.type == "number" and old is not None and new is not None
        return is_number and float(old) == float(new)

    def is_same_block(self, block: Block, old: Any, new: Any, at: tuple[str, ...]) -> bool:
        """Return whether two states, or two nested blocks, mean the same."""
        return next(self.differences(block, old, new, at), None) is None

    def differences(
        self, block: Block, old: Any, new: Any, at: tuple[str, ...] = (), path: Path = ()
    ) -> Iterator[tuple[tuple[str, ...], Path]]:
        """Yield names and path of each attribute or block that differs; a set is one."""
        if not isinstance(old, dict) or not isinstance(new, dict):
            if old is not new:
                yield at, path
            return
        for name, attribute in block.attributes.items():
            if not self.is_same(attribute, old.get(name), new.get(name), (*at, name)):
                yield (*at, name), (*path, name)
        for name, nested in block.blocks.items():
            pair = old.get(name), new.get(name)
            yield from self._nested_differences(nested, pair, (*at, name), (*path, name))

    def contradictions(self, block: Block, planned: State, actual: State) -> Iterator[str]:
        """Yield the names of known planned values that the actual state does not have."""
        for names, path in self.differences(block, planned, actual):
            if not has_unknown(_at(planned, path)):
                yield ".".join(names)

    def _settle_nested(self, nested: Nested, old: Any, new: Any, at: tuple[str, ...]) -> Any:
        if nested.nesting == "struct":
            return self.settle(nested.block, old, new, at)
        if not isinstance(old, list) or not isinstance(new, list):
            return old if self._lenient and is_empty(old) and is_empty(new) else new
        if nested.nesting == "list":
            known = [*old, *[None] * len(new)]
            pairs = zip(known, new, strict=False)
            return [self.settle(nested.block, before, after, at) for before, after in pairs]
        return self._settle_set(nested, old, new, at)

    def _settle_set(
        self, nested: Nested, old: list[Any], new: list[Any], at: tuple[str, ...]
    ) -> list[Any]:
        settled = []
        for item in new:
            same = (one for one in old if self.is_same_block(nested.block, one, item, at))
            settled.append(next(same, item))
        is_whole = len(old) == len(new) and all(item in settled for item in old)
        return old if is_whole else settled

    def _nested_differences(
        self, nested: Nested, pair: tuple[Any, Any], at: tuple[str, ...], path: Path
    ) -> Iterator[tuple[tuple[str, ...], Path]]:
        old, new = pair
        if nested.nesting == "struct":
            yield from self.differences(nested.block, old, new, at, path)
            return
        if old is UNKNOWN or new is UNKNOWN:
            if old is not new:
                yield at, path
            return
        olds, news = old or [], new or []
        if nested.nesting == "set":
            settled = self._settle_set(nested, olds, news, at)
            if settled is not olds and settled != olds:
                yield at, path
            return
        if len(olds) != len(news):
            yield at, path
        for index, (before, after) in enumerate(zip(olds, news, strict=False)):
            yield from self.differences(nested.block, before, after, at, (*path, index))


def _at(value: Any, path: Path) -> Any:
    """Return what is at a path, or the nearest thing above it."""
    for step in path:
        is_there = isinstance(value, dict) if isinstance(step, str) else isinstance(value, list)
        if not is_there or (isinstance(step, int) and step >= len(value)):
            return value
        value = value[step]
    return value

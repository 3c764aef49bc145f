"""Nested blocks to the form that an API has, and back, by the schema and a spelling of names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lab_utils.local_aws.provider.schema import Block, Nested
from lab_utils.local_aws.provider.values import State, is_empty


@dataclass(frozen=True)
class ApiForm:
    """How an API spells blocks.

    Attributes:
        spell: Returns the API's name of an attribute or block.
        lists: Blocks that are a list in the API although the schema allows only one.
        sent_when_false: Attributes whose ``false`` is sent; other empty values are left out.
    """

    spell: Callable[[str], str]
    lists: frozenset[str] = frozenset()
    sent_when_false: frozenset[str] = frozenset()

    def to_api(self, block: Block, item: Mapping[str, Any]) -> State:
        """Return a block, or a whole state, as the API has it."""
        sent = {
            self.spell(name): item[name]
            for name in block.attributes
            if not is_empty(item.get(name))
            or (name in self.sent_when_false and item.get(name) is False)
        }
        for name, nested in block.blocks.items():
            values = [self.to_api(nested.block, one or {}) for one in item.get(name) or []]
            if values:
                sent[self.spell(name)] = values[0] if self._is_single(name, nested) else values
        return sent

    def from_api(self, block: Block, told: Mapping[str, Any]) -> State:
        """Return a block from what the API tells."""
        item: State = {name: told.get(self.spell(name)) for name in block.attributes}
        for name, nested in block.blocks.items():
            value: Any = told.get(self.spell(name))
            if self._is_single(name, nested) and value is not None:
                value = [value]
            item[name] = [self.from_api(nested.block, one) for one in value or []]
        return item

    def _is_single(self, name: str, nested: Nested) -> bool:
        return nested.max_items == 1 and name not in self.lists

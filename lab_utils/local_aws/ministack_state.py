"""The state of ministack's services: its own encoding, but DynamoDB's items apart."""

from __future__ import annotations

import copy
import json
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from lab_utils.local_aws.state.items import Item, ItemJournal, Key, load_items

_DYNAMODB = "dynamodb"


@dataclass(frozen=True)
class ModuleSource:
    """One service's state, as its module gives and takes it."""

    name: str
    _module: Any
    _persistence: Any

    @classmethod
    def of_loaded(cls, modules: Mapping[str, ModuleType], name: str) -> ModuleSource | None:
        """Return the source of a service, or None if its module was never needed."""
        app: Any = modules["ministack.app"]
        module = sys.modules.get(f"ministack.services.{app._state_map[name]}")
        if module is None or not hasattr(module, "get_state"):
            return None
        return cls(name, module, modules["ministack.core.persistence"])

    def read(self) -> bytes:
        """Return the state as JSON."""
        state = _tables_without_items(self._module) if self.name == _DYNAMODB else None
        encode = self._persistence._json_default
        document = self._module.get_state() if state is None else state
        return json.dumps(document, default=encode).encode()

    def load(self, payload: bytes) -> None:
        """Give the state back to the service."""
        decode = self._persistence._json_object_hook
        self._module.load_persisted_state(json.loads(payload, object_hook=decode))


def _tables_without_items(dynamodb: Any) -> dict[str, Any]:
    """Return DynamoDB's state without the items.

    ministack's ``get_state`` copies every item. While it runs, this thread shows it tables whose
    items are empty; the services' own threads go on seeing the real ones.
    """
    bare = copy.copy(dynamodb._tables)
    bare._data = {key: _bare(dynamodb, t) for key, t in list(dynamodb._tables._data.items())}
    state = _call_with_global(dynamodb.get_state, "_tables", bare)
    return dict(state)


def _bare(dynamodb: Any, table: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in table.items() if k not in ("items", dynamodb._INDEX_MEMBERS)}


def _call_with_global(function: Any, name: str, value: Any) -> Any:
    """Call a function that sees another value under one of its module's global names."""
    scope = {**function.__globals__, name: value}
    return type(function)(function.__code__, scope)()


class ItemSeam:
    """DynamoDB's items: every change is noted in the journal, and they are loaded from it.

    Args:
        modules: ministack's modules.
        journal: The journal.
    """

    def __init__(self, modules: Mapping[str, ModuleType], journal: ItemJournal) -> None:
        self._dynamodb: Any = modules["ministack.services.dynamodb"]
        self._journal = journal
        self._watch()

    def load(self) -> str | None:
        """Fill the loaded tables from the journal; return a report if it is damaged."""
        tables = {t["TableId"]: t for t in self._dynamodb._tables._data.values()}
        for table in tables.values():
            table["items"] = defaultdict(dict)

        def store(key: Key, item: Item) -> None:
            tables[key[0]]["items"].setdefault(key[1], {})[key[2]] = item

        report = load_items(self._journal, set(tables), store)
        for table in tables.values():
            self._count(table)
        return report

    def _watch(self) -> None:
        dynamodb, journal = self._dynamodb, self._journal
        set_item, remove_item = dynamodb._set_item, dynamodb._remove_item
        replaced = self._count = dynamodb._items_replaced

        def watch_set(table: Any, pk: str, sk: str, item: Item) -> Any:
            before = set_item(table, pk, sk, item)
            journal.put((table["TableId"], pk, sk), item)
            return before

        def watch_remove(table: Any, pk: str, sk: str) -> Any:
            before = remove_item(table, pk, sk)
            journal.delete((table["TableId"], pk, sk))
            return before

        def watch_replaced(table: Any) -> None:
            replaced(table)
            journal.replace_table(table["TableId"], _items_of(table))

        dynamodb._set_item = watch_set
        dynamodb._remove_item = watch_remove
        dynamodb._items_replaced = watch_replaced


def _items_of(table: dict[str, Any]) -> list[tuple[Key, Item]]:
    table_id = table["TableId"]
    return [
        ((table_id, pk, sk), item)
        for pk, by_sort_key in table["items"].items()
        for sk, item in by_sort_key.items()
    ]

"""The schemas as data: JSON files in ``schema/`` to objects, and those to the protocol's."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tf.gen import tfplugin_pb2 as pb

from lab_utils.local_aws.provider.overlay import Overlay

_FOLDER = Path(__file__).with_name("schema")
_NESTING = {
    "list": pb.Schema.NestedBlock.LIST,
    "set": pb.Schema.NestedBlock.SET,
    "struct": pb.Schema.NestedBlock.SINGLE,
}


@dataclass(frozen=True)
class Attribute:
    """An attribute; ``type`` is in Terraform's JSON form: ``"string"``, ``["map", "string"]``."""

    type: Any
    required: bool
    optional: bool
    computed: bool

    @property
    def is_set(self) -> bool:
        """Whether the order of its items has no meaning."""
        return isinstance(self.type, list) and self.type[0] == "set"


@dataclass(frozen=True)
class Nested:
    """A nested block: ``nesting`` is list, set or struct (one object or none)."""

    nesting: str
    block: Block
    required: bool
    max_items: int


@dataclass(frozen=True)
class Block:
    """The attributes and nested blocks of a resource type, a data source or a nested block."""

    attributes: Mapping[str, Attribute]
    blocks: Mapping[str, Nested]


def load_schemas(provider: str) -> dict[str, Block]:
    """Return the schemas of a provider (``aws``, ``local``) by type name.

    A data source's name begins with ``data.``; the provider's own block is ``provider``.
    """
    data = json.loads((_FOLDER / f"{provider}.json").read_text(encoding="utf-8"))
    return {name: _block(entry) for name, entry in data.items()}


def to_wire(block: Block, overlay: Overlay) -> pb.Schema:
    """Return a schema as the protocol spells it."""
    return pb.Schema(version=0, block=_wire_block(block, overlay, ()))


def _block(data: Mapping[str, Any]) -> Block:
    attributes = {name: _attribute(entry) for name, entry in data["attributes"].items()}
    blocks = data["blocks"].items()
    computed = {name: _object_attribute(entry) for name, entry in blocks if entry.get("attribute")}
    nested = {name: _nested(entry) for name, entry in blocks if not entry.get("attribute")}
    return Block({**attributes, **computed}, nested)


def _attribute(data: Mapping[str, Any]) -> Attribute:
    return Attribute(_type(data["type"]), data["required"], data["optional"], data["computed"])


def _object_attribute(data: Mapping[str, Any]) -> Attribute:
    """Return a block that the provider declares as an attribute (``list(object({...}))``)."""
    return Attribute(_object_type(data), data["required"], data["optional"], data["computed"])


def _object_type(data: Mapping[str, Any]) -> Any:
    fields = {name: _type(entry["type"]) for name, entry in data["attributes"].items()}
    nested = {name: _object_type(entry) for name, entry in data["blocks"].items()}
    return [data["nesting"], ["object", {**fields, **nested}]]


def _nested(data: Mapping[str, Any]) -> Nested:
    return Nested(data["nesting"], _block(data), data["required"], data.get("max_items", 0))


def _type(text: str) -> Any:
    """Return ``map(string)`` as ``["map", "string"]``."""
    found = re.fullmatch(r"(map|set|list)\((.+)\)", text)
    return [found[1], _type(found[2])] if found else text


def _wire_block(block: Block, overlay: Overlay, at: tuple[str, ...]) -> pb.Schema.Block:
    return pb.Schema.Block(
        attributes=[
            _wire_attribute(name, one, overlay, (*at, name))
            for name, one in sorted(block.attributes.items())
        ],
        block_types=[
            _wire_nested(name, one, overlay, (*at, name))
            for name, one in sorted(block.blocks.items())
        ],
        deprecated=".".join(at) in overlay.deprecated,
    )


def _wire_attribute(
    name: str, attribute: Attribute, overlay: Overlay, at: tuple[str, ...]
) -> pb.Schema.Attribute:
    path = ".".join(at)
    return pb.Schema.Attribute(
        name=name,
        type=json.dumps(attribute.type).encode(),
        required=attribute.required,
        optional=attribute.optional,
        computed=attribute.computed,
        sensitive=path in overlay.sensitive,
        deprecated=path in overlay.deprecated,
    )


def _wire_nested(
    name: str, nested: Nested, overlay: Overlay, at: tuple[str, ...]
) -> pb.Schema.NestedBlock:
    path = ".".join(at)
    is_single = nested.nesting == "struct"
    fewest = overlay.min_items.get(path, 1 if nested.required else 0)
    most = overlay.max_items.get(path, nested.max_items)
    return pb.Schema.NestedBlock(
        type_name=name,
        block=_wire_block(nested.block, overlay, at),
        nesting=_NESTING[nested.nesting],
        min_items=0 if is_single else fewest,
        max_items=0 if is_single else most,
    )

"""The schemas that Terraform sees are those of the real providers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lab_utils.local_aws.provider.server import ProviderServers
from tests.integration.provider.workspace import TerraformWorkspace

FACTS = Path(__file__).parents[2] / "data" / "aws_provider_schema.json"
FLAGS = ("required", "optional", "computed")

Block = Mapping[str, Any]


@pytest.fixture(scope="module")
def served(
    providers: ProviderServers, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Any]]:
    """What ``terraform providers schema -json`` says of each provider, by its short name."""
    folder = tmp_path_factory.mktemp("schemas") / "work"
    folder.mkdir()
    workspace = TerraformWorkspace(folder, providers.reattach())
    workspace.write("""
        data "aws_caller_identity" "it" {}
        data "local_file" "it" { filename = "it" }
        data "archive_file" "it" {
          type        = "zip"
          output_path = "it"
        }
    """)
    workspace.init()
    told = json.loads(workspace.run("providers", "schema", "-json"))["provider_schemas"]
    return {name.rpartition("/")[2]: schemas for name, schemas in told.items()}


def all_types(served: Mapping[str, Mapping[str, Any]]) -> dict[str, Block]:
    resources = {
        name: one["block"]
        for schemas in served.values()
        for name, one in schemas["resource_schemas"].items()
    }
    data_sources = {
        f"data.{name}": one["block"]
        for schemas in served.values()
        for name, one in schemas["data_source_schemas"].items()
    }
    return {**resources, **data_sources}


def real_types() -> dict[str, Block]:
    types: dict[str, Block] = json.loads(FACTS.read_text(encoding="utf-8"))["types"]
    return types


def test_the_types_are_those_of_the_real_providers(served: dict[str, dict[str, Any]]) -> None:
    assert set(all_types(served)) == set(real_types())


@pytest.mark.parametrize("name", sorted(real_types()))
def test_names_types_and_flags_are_the_real_provider_s(
    name: str, served: dict[str, dict[str, Any]]
) -> None:
    assert described(all_types(served)[name]) == wanted(real_types()[name])


@pytest.mark.parametrize(
    ("address", "attribute"),
    [
        ("aws_iot_certificate", "private_key"),
        ("aws_iot_certificate", "certificate_pem"),
        ("local_sensitive_file", "content"),
        ("data.local_sensitive_file", "content_base64"),
    ],
)
def test_secrets_are_marked(
    address: str, attribute: str, served: dict[str, dict[str, Any]]
) -> None:
    assert all_types(served)[address]["attributes"][attribute]["sensitive"] is True


def described(block: Block) -> dict[str, Any]:
    """Return a block of Terraform's JSON in the form of the facts: dotted names and flags."""
    attributes = {
        name: (spelled(one["type"]), *(bool(one.get(flag)) for flag in FLAGS))
        for name, one in block.get("attributes", {}).items()
    }
    blocks: dict[str, Any] = {}
    for name, one in block.get("block_types", {}).items():
        blocks |= {f"{name}.{deeper}": it for deeper, it in described(one["block"]).items()}
        is_required = one.get("min_items", 0) > 0
        blocks[name] = (one["nesting_mode"], is_required, one.get("max_items", 0))
    return {**attributes, **blocks}


def wanted(block: Block) -> dict[str, Any]:
    """Return a block of the facts in the same form."""
    attributes = {
        name: (one["type"], *(one[flag] for flag in FLAGS))
        for name, one in block["attributes"].items()
    }
    blocks: dict[str, Any] = {}
    for name, one in block["blocks"].items():
        if one.get("attribute"):
            blocks[name] = (object_type(one), *(one[flag] for flag in FLAGS))
            continue
        blocks |= {f"{name}.{deeper}": it for deeper, it in wanted(one).items()}
        is_single = one["nesting"] == "struct"
        most = 0 if is_single else one.get("max_items", 0)
        blocks[name] = ("single" if is_single else one["nesting"], one["required"], most)
    return {**attributes, **blocks}


def spelled(kind: Any) -> str:
    """Return ``["map", "string"]`` as ``map(string)``."""
    if isinstance(kind, str):
        return kind
    outer, inner = kind
    if outer == "object":
        fields = ", ".join(f"{name}={spelled(one)}" for name, one in sorted(inner.items()))
        return f"object({fields})"
    return f"{outer}({spelled(inner)})"


def object_type(block: Block) -> str:
    fields = {name: one["type"] for name, one in block["attributes"].items()}
    fields |= {name: object_type(one) for name, one in block["blocks"].items()}
    listed = ", ".join(f"{name}={kind}" for name, kind in sorted(fields.items()))
    return f"{block['nesting']}(object({listed}))"

"""The life of one resource, from creation to destruction, the same for every type."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import pytest
from botocore.exceptions import ClientError

from tests.integration.provider.workspace import TerraformFailedError, TerraformWorkspace

Client = Callable[[str], Any]
_NOT_FOUND = (
    "ResourceNotFoundException",
    "NoSuchEntity",
    "NotFoundException",
    "UnauthorizedException",
)


@dataclass(frozen=True)
class Life:
    """What differs between the lives of two types.

    Attributes:
        address: The resource under test; ``created`` may hold others that it needs.
        created: HCL of the first version.
        updated: HCL of a version that changes in place; ``None`` when the type has none.
        replaced: HCL of a version that forces a replacement.
        drift: Changes the resource by boto3, so that a plan has to show it.
        drifted: The attributes that the plan has to show after ``drift``.
        vanish: Deletes the resource by boto3.
        exists: Returns whether the resource is there, by boto3.
        import_id: Returns the import id from the state; the id by default. ``None`` for a type
            that cannot be imported.
        not_imported: Attributes that an import cannot tell.
        is_updated_after_import: Whether a plan sets some of those again, as of the real provider.
    """

    address: str
    created: str
    exists: Callable[[Client], bool]
    vanish: Callable[[Client], Any]
    updated: str | None = None
    replaced: str | None = None
    drift: Callable[[Client], Any] | None = None
    drifted: frozenset[str] = frozenset()
    import_id: Callable[[dict[str, Any]], str] | None = field(
        default=lambda state: str(state["id"])
    )
    not_imported: frozenset[str] = frozenset()
    is_updated_after_import: bool = False


class Lead(Protocol):
    """The fixture ``lead``."""

    def __call__(
        self, lives: Mapping[str, Life], make: Callable[[str], TerraformWorkspace] | None = None
    ) -> None:
        """Lead resources through their lives; ``make`` makes the folder, where it holds files."""


@dataclass(frozen=True)
class _Module:
    """One life, in a module of its own of a configuration."""

    name: str
    life: Life
    workspace: TerraformWorkspace

    @property
    def address(self) -> str:
        return f"module.{self.name}.{self.life.address}"

    def write(self, hcl: str) -> None:
        folder = self.workspace.folder / self.name
        folder.mkdir(exist_ok=True)
        (folder / "main.tf").write_text(hcl, encoding="utf-8")


def live(lives: Mapping[str, Life], workspace: TerraformWorkspace, client: Client) -> None:
    """Lead resources through their lives, and assert at each step what Terraform and AWS say.

    Each has a module of its own, and all take a step with the same command: it is to start
    Terraform that takes time.

    Args:
        lives: The resources, by name.
        workspace: A folder with an empty configuration.
        client: Makes boto3 clients.
    """
    modules = [_Module(name.replace(" ", "_"), life, workspace) for name, life in lives.items()]
    for one in modules:
        one.write(one.life.created)
    workspace.write("".join(f'module "{m.name}" {{ source = "./{m.name}" }}\n' for m in modules))
    workspace.init()
    workspace.apply()
    _settled(modules, workspace, client)
    _change_to({m: m.life.updated for m in modules}, ["update"], workspace)
    _drift([m for m in modules if m.life.drift], workspace, client)
    for one in modules:
        one.life.vanish(client)
        assert not one.life.exists(client), one.name
    planned = workspace.plan()
    assert {m.name: planned[m.address].actions for m in modules} == {
        m.name: ["create"] for m in modules
    }
    workspace.apply()
    _settled(modules, workspace, client)
    _import([m for m in modules if m.life.import_id], workspace)
    for one in modules:
        if one.life.import_id is None:
            _refuse_import(one.life, workspace)
    _change_to({m: m.life.replaced for m in modules}, ["delete", "create"], workspace)
    workspace.destroy()
    assert workspace.addresses() == []
    assert [one.name for one in modules if one.life.exists(client)] == []


def _settled(modules: list[_Module], workspace: TerraformWorkspace, client: Client) -> None:
    assert [one.name for one in modules if not one.life.exists(client)] == []
    assert workspace.plan() == {}


def _drift(modules: list[_Module], workspace: TerraformWorkspace, client: Client) -> None:
    for one in modules:
        assert one.life.drift is not None
        one.life.drift(client)
    planned = workspace.plan() if modules else {}
    for one in modules:
        change = planned[one.address]
        assert change.before is not None
        assert change.after is not None
        seen = {name for name in change.after if change.before[name] != change.after[name]}
        assert seen >= one.life.drifted, (one.name, seen)
    if modules:
        workspace.apply()
        assert workspace.plan() == {}


def is_there(call: Callable[..., Any], **arguments: Any) -> bool:
    """Return whether a describing call finds its resource."""
    try:
        call(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _NOT_FOUND:
            raise
        return False
    return True


def _change_to(
    versions: Mapping[_Module, str | None], actions: list[str], workspace: TerraformWorkspace
) -> None:
    changed = {module: hcl for module, hcl in versions.items() if hcl is not None}
    for module, hcl in changed.items():
        module.write(hcl)
    if not changed:
        return
    planned = workspace.plan()
    assert {m.name: planned[m.address].actions for m in changed} == {
        m.name: actions for m in changed
    }
    workspace.apply()
    assert workspace.plan() == {}


def _import(modules: list[_Module], workspace: TerraformWorkspace) -> None:
    """Forget the resources and import them; nothing else may be planned, unless it has to be."""
    if not modules:
        return
    before = {one: workspace.state(one.address) for one in modules}
    workspace.run("state", "rm", *(one.address for one in modules))
    blocks = []
    for one, state in before.items():
        assert one.life.import_id is not None
        import_id = json.dumps(one.life.import_id(state))
        blocks.append(f"import {{\n to = {one.address}\n id = {import_id}\n}}\n")
    workspace.write("".join(blocks), "imports.tf")
    updated = {one.address: ["update"] for one in modules if one.life.is_updated_after_import}
    assert {address: one.actions for address, one in workspace.plan().items()} == updated
    workspace.apply()
    (workspace.folder / "imports.tf").unlink()
    assert workspace.plan() == {}
    for one, state in before.items():
        after = workspace.state(one.address)
        for name, value in state.items():
            if name not in one.life.not_imported and (value or after[name]):
                assert after[name] == value, (one.name, name)


def _refuse_import(life: Life, workspace: TerraformWorkspace) -> None:
    """Assert that an import at a free address is refused, and leave the state as it was."""
    kind = life.address.split(".")[0]
    (workspace.folder / "more.tf").write_text(f'resource "{kind}" "free" {{}}\n', encoding="utf-8")
    with pytest.raises(TerraformFailedError, match="doesn't support import"):
        workspace.run("import", "-input=false", f"{kind}.free", "some-id")
    (workspace.folder / "more.tf").unlink()

"""The life of one resource, from creation to destruction, the same for every type."""

from __future__ import annotations

from collections.abc import Callable
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

    def __call__(self, life: Life, make: Callable[[str], TerraformWorkspace] | None = None) -> None:
        """Lead a resource through its life; ``make`` makes its folder, where that holds files."""


def live(life: Life, workspace: TerraformWorkspace, client: Client) -> None:
    """Lead a resource through its life, and assert at each step what Terraform and AWS say.

    Args:
        life: The resource.
        workspace: A folder initialised with ``life.created``.
        client: Makes boto3 clients.
    """
    current = life.created
    workspace.apply()
    assert life.exists(client)
    assert workspace.plan() == {}
    if life.updated is not None:
        current = life.updated
        _change_to(current, ["update"], life, workspace)
    if life.drift is not None:
        life.drift(client)
        change = workspace.plan()[life.address]
        assert change.before is not None
        assert change.after is not None
        seen = {name for name in change.after if change.before[name] != change.after[name]}
        assert seen >= life.drifted, seen
        workspace.apply()
        assert workspace.plan() == {}
    life.vanish(client)
    assert not life.exists(client)
    assert workspace.plan()[life.address].actions == ["create"]
    workspace.apply()
    assert life.exists(client)
    _import(life, workspace)
    if life.replaced is not None:
        _change_to(life.replaced, ["delete", "create"], life, workspace)
    workspace.destroy()
    assert workspace.addresses() == []
    assert not life.exists(client)


def is_there(call: Callable[..., Any], **arguments: Any) -> bool:
    """Return whether a describing call finds its resource."""
    try:
        call(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _NOT_FOUND:
            raise
        return False
    return True


def _change_to(hcl: str, actions: list[str], life: Life, workspace: TerraformWorkspace) -> None:
    workspace.write(hcl)
    assert workspace.plan()[life.address].actions == actions
    workspace.apply()
    assert workspace.plan() == {}


def _import(life: Life, workspace: TerraformWorkspace) -> None:
    before = workspace.state(life.address)
    if life.import_id is None:
        _refuse_import(life, workspace)
        return
    workspace.import_(life.address, life.import_id(before))
    if life.is_updated_after_import:
        assert workspace.plan()[life.address].actions == ["update"]
        workspace.apply()
    assert workspace.plan() == {}
    after = workspace.state(life.address)
    for name, value in before.items():
        if name not in life.not_imported and (value or after[name]):
            assert after[name] == value, name


def _refuse_import(life: Life, workspace: TerraformWorkspace) -> None:
    """Assert that an import at a free address is refused, and leave the state as it was."""
    kind = life.address.split(".")[0]
    (workspace.folder / "more.tf").write_text(f'resource "{kind}" "free" {{}}\n', encoding="utf-8")
    with pytest.raises(TerraformFailedError, match="doesn't support import"):
        workspace.run("import", "-input=false", f"{kind}.free", "some-id")
    (workspace.folder / "more.tf").unlink()

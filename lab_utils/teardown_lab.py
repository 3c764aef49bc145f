"""The part of a Lab that takes everything away again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lab_utils.settings import Settings
from lab_utils.teardown.destruction import Teardown
from lab_utils.teardown.leftovers import leftover_table
from lab_utils.terraform import Terraform

if TYPE_CHECKING:
    import pandas as pd


class TeardownLab(ABC):
    """Destroys what the practical made, and proves it."""

    settings: Settings
    _report: Callable[[str], None]

    @abstractmethod
    def client(self, service: str) -> Any:
        """Return the boto3 client of a service."""

    @abstractmethod
    def _guarded(self) -> Terraform:
        """Return Terraform, sure that the state is of this target."""

    def destroy(self, *, leftovers: bool = False, dry_run: bool = False) -> None:
        """Destroy everything that Terraform made in this workspace, and prove it.

        Shows what will go, with a count by service; destroys it, step by step; then asks every
        service that the practical touches what it still has, and how to remove that.

        Args:
            leftovers: Whether to remove, too, what Terraform did not make: what was tied by hand
                to its resources before, what is left after. On real AWS only what is surely this
                workspace's; what may be another's is listed with the command that removes it.
            dry_run: Whether to stop after showing what would go.

        Raises:
            TerraformError: With Terraform's own diagnostics, and what stands in the way.
        """
        teardown = self.teardown()
        seen = teardown.preview()
        for line in seen.lines(with_leftovers=leftovers):
            self._report(line)
        if not dry_run:
            teardown.destroy(seen, with_leftovers=leftovers)

    def leftovers(self) -> pd.DataFrame:
        """Return what the services have of the practical now, whether Terraform knows it or not.

        Returns:
            A row each, in an order in which they can be removed: ``service``, ``kind``,
            ``name``, ``why`` (why it may be left) and ``remove`` (the command of the AWS CLI that
            removes it), all ``string``.
        """
        return leftover_table(self.teardown().survey().leftovers)

    def teardown(self) -> Teardown:
        """Return the teardown of this workspace, in its steps: preview, destroy, survey."""
        return Teardown(
            self.settings.workspace,
            self.client,
            self._guarded(),
            self._report,
            is_account_own=self.settings.is_local,
        )

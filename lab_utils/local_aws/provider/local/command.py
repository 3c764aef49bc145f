"""Data ``local_command``, which is known and refused."""

from __future__ import annotations

from typing import Any

from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.resource import DataSource
from lab_utils.local_aws.provider.values import State

_SUMMARY = 'The data source "local_command" does not run on the embedded AWS'
_DETAIL = (
    "The providers run in the process of the embedded AWS, so a command would run there, with "
    "that process's environment and rights instead of Terraform's. Run the command before "
    "Terraform and hand its result over as a variable, or read it from a file with the data "
    'source "local_file".'
)


class LocalCommand(DataSource):
    """A command's output."""

    type_name = "local_command"
    label = "Local Command"

    def validate(self, context: Context, _config: State) -> None:
        """Refuse, before anything is planned."""
        context.error(_SUMMARY, _DETAIL)

    def read(self, context: Context, _config: State) -> dict[str, Any]:
        """Refuse."""
        context.error(_SUMMARY, _DETAIL)
        return {}


DATA_SOURCES: tuple[type[DataSource], ...] = (LocalCommand,)

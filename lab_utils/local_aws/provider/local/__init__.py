"""The provider hashicorp/local: files on the machine that Terraform runs on."""

from __future__ import annotations

from lab_utils.local_aws.provider.local import command, files
from lab_utils.local_aws.provider.provider import Provider, make_unconfigured_provider


def local_provider() -> Provider:
    """Return the provider."""
    return make_unconfigured_provider(
        "local",
        [make() for make in files.RESOURCES],
        [make() for make in (*files.DATA_SOURCES, *command.DATA_SOURCES)],
    )

"""The provider hashicorp/archive: zip and tar.gz files."""

from __future__ import annotations

from lab_utils.local_aws.provider.archive import files
from lab_utils.local_aws.provider.provider import Provider, make_unconfigured_provider


def archive_provider() -> Provider:
    """Return the provider."""
    return make_unconfigured_provider(
        "archive",
        [make() for make in files.RESOURCES],
        [make() for make in files.DATA_SOURCES],
    )

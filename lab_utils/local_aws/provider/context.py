"""What a provider's operation works with: clients, region, tags, folder, and its diagnostics."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from lab_utils.local_aws.provider.clients import Clients, Credentials
from lab_utils.local_aws.provider.diagnostics import Diagnostics
from lab_utils.local_aws.provider.peers import Peer
from lab_utils.local_aws.provider.values import Path as ValuePath
from lab_utils.local_aws.provider.values import State


class TagRules(NamedTuple):
    """The provider block's ``default_tags`` and ``ignore_tags``.

    Attributes:
        defaults: The default tags.
        ignored_keys: Keys that are left alone.
        ignored_prefixes: What such keys begin with.
        is_unknown: Whether a default tag is known only after another resource's creation.
    """

    defaults: Mapping[str, str] = {}
    ignored_keys: frozenset[str] = frozenset()
    ignored_prefixes: tuple[str, ...] = ()
    is_unknown: bool = False

    def is_ignored(self, key: str) -> bool:
        """Return whether a tag is left alone; AWS's own always are."""
        return key in self.ignored_keys or key.startswith(("aws:", *self.ignored_prefixes))


@dataclass(frozen=True)
class Configuration:
    """One configured provider block; ``account_id`` is ``None`` when it was not asked for."""

    region: str
    credentials: Credentials
    tags: TagRules = field(default_factory=TagRules)
    account_id: str | None = None


@dataclass
class Context:
    """One operation of one connection.

    Attributes:
        region: The resource's own ``region``, else the provider's.
        tags: The provider's default and ignored tags.
        diagnostics: What the operation reports.
        kept: The attributes of what was made, should a later step fail.
    """

    peer: Peer
    clients: Clients
    configuration: Configuration
    region: str
    diagnostics: Diagnostics = field(default_factory=Diagnostics)
    kept: State = field(default_factory=dict)

    @property
    def tags(self) -> TagRules:
        """The provider block's rules for tags."""
        return self.configuration.tags

    def client(self, service: str) -> Any:
        """Return the boto3 client of a service (``"iot"``) in the operation's region."""
        return self.clients.get(service, self.region, self.configuration.credentials)

    @property
    def folder(self) -> Path:
        """The folder that Terraform runs in, where relative paths start."""
        return self.peer.folder

    def path(self, name: str | Path) -> Path:
        """Return the path of a file to read or write, which may be relative to Terraform's folder.

        Raises:
            PermissionError: It leads, if only by way of a link, to what is not for Terraform.
        """
        path = self.folder / name
        real = Path(os.path.realpath(path))
        if any(real.is_relative_to(folder) for folder in self.peer.hidden):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return path

    def account_id(self) -> str:
        """Return the account of the credentials in use."""
        known = self.configuration.account_id
        return known or str(self.client("sts").get_caller_identity()["Account"])

    def keep(self, **attributes: Any) -> None:
        """Remember what was made: if the creation fails from here on, the state has it, tainted."""
        self.kept.update(attributes)

    def error(self, summary: str, detail: str = "", path: ValuePath = ()) -> None:
        """Report an error at a path, ``("dynamodb", 0, "table_name")``."""
        self.diagnostics.error(summary, detail, path)

    def warning(self, summary: str, detail: str = "", path: ValuePath = ()) -> None:
        """Report a warning."""
        self.diagnostics.warning(summary, detail, path)

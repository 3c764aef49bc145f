"""A provider: its types, its own configuration block, and the operations on one type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lab_utils.local_aws.provider.clients import Credentials
from lab_utils.local_aws.provider.compare import Comparison
from lab_utils.local_aws.provider.context import Configuration
from lab_utils.local_aws.provider.diagnostics import Diagnostics
from lab_utils.local_aws.provider.overlay import Overlay
from lab_utils.local_aws.provider.peers import Peer
from lab_utils.local_aws.provider.planning import Planner
from lab_utils.local_aws.provider.resource import DataSource, Resource
from lab_utils.local_aws.provider.schema import Block, load_schemas
from lab_utils.local_aws.provider.values import State

UNASKED = {"skip_credentials_validation": True, "skip_requesting_account_id": True}
"""What stands in for a provider block that was not sent: nobody is asked whose key it is."""

Configure = Callable[[State, Peer, Diagnostics], Configuration]


@dataclass(frozen=True)
class ResourceType:
    """A resource type with its schema."""

    resource: Resource
    block: Block

    @property
    def comparison(self) -> Comparison:
        """How its states are compared."""
        return Comparison(self.resource.overlay, self.resource.legacy_type_system)

    @property
    def planner(self) -> Planner:
        """What plans its changes."""
        is_legacy = self.resource.legacy_type_system
        return Planner(self.block, self.resource.overlay, self.comparison, is_legacy)


@dataclass(frozen=True)
class DataSourceType:
    """A data source with its schema."""

    source: DataSource
    block: Block


@dataclass(frozen=True)
class Provider:
    """A provider.

    Attributes:
        name: Such as ``aws`` or ``local``.
        block: The schema of the provider block.
        overlay: What that schema does not say.
        configure: Reads a provider block; gets ``{}`` when there is none.
    """

    name: str
    block: Block
    configure: Configure
    resources: Mapping[str, ResourceType]
    data_sources: Mapping[str, DataSourceType]
    overlay: Overlay = field(default_factory=Overlay)


def make_unconfigured_provider(
    name: str, resources: list[Resource], data_sources: list[DataSource]
) -> Provider:
    """Return a provider whose block takes no argument."""
    return make_provider(name, _no_configuration, resources, data_sources)


def make_provider(
    name: str,
    configure: Configure,
    resources: list[Resource],
    data_sources: list[DataSource],
    overlay: Overlay | None = None,
) -> Provider:
    """Return a provider of these types, with the schemas from its data file."""
    schemas = load_schemas(name)
    return Provider(
        name,
        schemas.get("provider", Block({}, {})),
        configure,
        {one.type_name: ResourceType(one, schemas[one.type_name]) for one in resources},
        {
            one.type_name: DataSourceType(one, schemas[f"data.{one.type_name}"])
            for one in data_sources
        },
        overlay or Overlay(),
    )


def _no_configuration(_config: State, _peer: Peer, _diagnostics: Diagnostics) -> Configuration:
    return Configuration("", Credentials("", ""))

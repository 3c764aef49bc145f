"""Data ``aws_region`` and ``aws_partition``."""

from __future__ import annotations

from typing import Any, ClassVar

import botocore.session

from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.diagnostics import ProviderError
from lab_utils.local_aws.provider.overlay import Overlay
from lab_utils.local_aws.provider.resource import AwsResource, DataSource
from lab_utils.local_aws.provider.values import State

_NOT_FOUND = "finding Region using the specified attributes"


class Region(DataSource):
    """A region: the one in use, or one that is named."""

    type_name = "aws_region"
    label = "Region"
    service = "EC2"
    overlay: ClassVar[Overlay] = Overlay(deprecated=frozenset({"name"}))

    def read(self, context: Context, config: State) -> State:
        """Look the region up in botocore's list."""
        endpoint = config["endpoint"]
        if endpoint is not None:
            name = endpoint.removeprefix("ec2.").partition(".")[0]
        else:
            name = config["region"] or config["name"] or context.region
        partition, regions = _partition_of(name)
        suffix = partition["dnsSuffix"]
        return {
            "id": name,
            "name": name,
            "region": name,
            "description": regions[name]["description"],
            "endpoint": f"ec2.{name}.{suffix}",
        }


class Partition(DataSource):
    """The partition of the region in use."""

    type_name = "aws_partition"
    label = "Partition"

    def read(self, context: Context, _config: State) -> State:
        """Look the partition up in botocore's list."""
        partition, _ = _partition_of(context.region)
        suffix = partition["dnsSuffix"]
        return {
            "id": partition["partition"],
            "partition": partition["partition"],
            "dns_suffix": suffix,
            "reverse_dns_prefix": ".".join(reversed(suffix.split("."))),
        }


def _partition_of(region: str) -> tuple[Any, Any]:
    """Return the partition that has a region, and its regions."""
    loader = botocore.session.Session().get_component("data_loader")
    for partition in loader.load_data("endpoints")["partitions"]:
        if region in partition["regions"]:
            return partition, partition["regions"]
    raise ProviderError(_NOT_FOUND, f"There is no region {region!r}.", ("region",))


RESOURCES: tuple[type[AwsResource], ...] = ()
DATA_SOURCES: tuple[type[DataSource], ...] = (Region, Partition)

"""The providers hashicorp/null, random and time: what is in the state and nowhere else."""

from __future__ import annotations

from lab_utils.local_aws.provider.plain import nothing, numbers, sleeping, texts
from lab_utils.local_aws.provider.provider import Provider, make_unconfigured_provider
from lab_utils.local_aws.provider.resource import Resource


def plain_providers() -> list[Provider]:
    """Return the providers."""
    randoms: list[Resource] = [make() for make in (*numbers.RESOURCES, *texts.RESOURCES)]
    return [
        make_unconfigured_provider("null", [nothing.NullResource()], [nothing.NullData()]),
        make_unconfigured_provider("random", randoms, []),
        make_unconfigured_provider("time", [sleeping.Sleep()], []),
    ]

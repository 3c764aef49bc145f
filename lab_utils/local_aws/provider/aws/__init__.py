"""The provider hashicorp/aws on the embedded AWS: one module for each AWS service."""

from __future__ import annotations

from lab_utils.local_aws.provider.aws import (
    dynamodb_items,
    dynamodb_tables,
    event_rules,
    event_targets,
    iam_access_keys,
    iam_attachments,
    iam_groups,
    iam_inline_policies,
    iam_policies,
    iam_policy_documents,
    iam_roles,
    iam_users,
    iot_certificates,
    iot_endpoints,
    iot_logging,
    iot_policies,
    iot_principals,
    iot_rules,
    iot_thing_groups,
    iot_thing_types,
    iot_things,
    lambda_functions,
    lambda_permissions,
    logs,
    regions,
    sts,
    timestream_databases,
    timestream_tables,
)
from lab_utils.local_aws.provider.aws.configuration import PROVIDER_OVERLAY, configure_with
from lab_utils.local_aws.provider.clients import Clients, Credentials
from lab_utils.local_aws.provider.provider import Provider, make_provider

_SERVICES = (
    dynamodb_items,
    dynamodb_tables,
    event_rules,
    event_targets,
    iam_access_keys,
    iam_attachments,
    iam_groups,
    iam_inline_policies,
    iam_policies,
    iam_policy_documents,
    iam_roles,
    iam_users,
    iot_certificates,
    iot_endpoints,
    iot_logging,
    iot_policies,
    iot_principals,
    iot_rules,
    iot_thing_groups,
    iot_thing_types,
    iot_things,
    lambda_functions,
    lambda_permissions,
    logs,
    regions,
    sts,
    timestream_databases,
    timestream_tables,
)
"""Each holds ``RESOURCES`` and ``DATA_SOURCES``."""


def aws_provider(region: str, credentials: Credentials, clients: Clients) -> Provider:
    """Return the provider; region and credentials are for blocks that name none."""
    return make_provider(
        "aws",
        configure_with(region, credentials, clients),
        [make() for module in _SERVICES for make in module.RESOURCES],
        [make() for module in _SERVICES for make in module.DATA_SOURCES],
        PROVIDER_OVERLAY,
    )

"""The lives of certificates, policies and what attaches them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.integration.provider.hcl import certificate, policy
from tests.integration.provider.lifecycle import Client, Lead, Life, is_there

NARROW = """jsonencode({
  Version   = "2012-10-17"
  Statement = [{ Effect = "Allow", Action = ["iot:Connect"], Resource = ["*"] }]
})"""
NOTHING = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iot:*","Resource":"*"}]}'
ATTACHED = (
    certificate()
    + policy("life-attached")
    + """
    resource "aws_iot_policy_attachment" "it" {
      policy = aws_iot_policy.it.name
      target = aws_iot_certificate.cert.arn
    }
"""
)
PRINCIPAL = (
    certificate()
    + """
    resource "aws_iot_thing" "it" { name = "life-of-a-principal" }

    resource "aws_iot_thing_principal_attachment" "it" {
      thing     = aws_iot_thing.it.name
      principal = aws_iot_certificate.cert.arn
    }
"""
)


def _targets(client: Client) -> list[str]:
    iot = client("iot")
    if not is_there(iot.get_policy, policyName="life-attached"):
        return []
    targets: list[str] = iot.list_targets_for_policy(policyName="life-attached")["targets"]
    return targets


def _detach_policy(client: Client) -> None:
    for target in _targets(client):
        client("iot").detach_policy(policyName="life-attached", target=target)


def _principals(client: Client) -> list[str]:
    iot = client("iot")
    if not is_there(iot.describe_thing, thingName="life-of-a-principal"):
        return []
    found: list[str] = iot.list_thing_principals(thingName="life-of-a-principal")["principals"]
    return found


def _detach_principal(client: Client) -> None:
    for principal in _principals(client):
        client("iot").detach_thing_principal(thingName="life-of-a-principal", principal=principal)


LIVES = {
    "policy": Life(
        address="aws_iot_policy.it",
        created=policy("life-policy"),
        updated=policy("life-policy", NARROW),
        replaced=policy("life-policy-2", NARROW),
        drift=lambda client: client("iot").create_policy_version(
            policyName="life-policy", policyDocument=NOTHING, setAsDefault=True
        ),
        drifted=frozenset({"policy"}),
        vanish=lambda client: _delete_policy(client, "life-policy"),
        exists=lambda client: any(
            is_there(client("iot").get_policy, policyName=name)
            for name in ("life-policy", "life-policy-2")
        ),
    ),
    "policy attachment": Life(
        address="aws_iot_policy_attachment.it",
        created=ATTACHED,
        vanish=_detach_policy,
        exists=lambda client: bool(_targets(client)),
        import_id=None,
    ),
    "thing principal attachment": Life(
        address="aws_iot_thing_principal_attachment.it",
        created=PRINCIPAL,
        vanish=_detach_principal,
        exists=lambda client: bool(_principals(client)),
    ),
}


def _delete_policy(client: Client, name: str) -> None:
    iot = client("iot")
    for version in iot.list_policy_versions(policyName=name)["policyVersions"]:
        if not version["isDefaultVersion"]:
            iot.delete_policy_version(policyName=name, policyVersionId=version["versionId"])
    iot.delete_policy(policyName=name)


def test_resources_live_from_creation_to_destruction(lead: Lead) -> None:
    lead(LIVES)


def test_a_certificate_lives_from_creation_to_destruction(
    lead: Lead, aws_client: Callable[..., Any]
) -> None:
    iot = aws_client("iot")
    others = _certificates(iot)

    def activate(_client: Client) -> None:
        for one in _certificates(iot) - others:
            iot.update_certificate(certificateId=one, newStatus="ACTIVE")

    def delete(_client: Client) -> None:
        for one in _certificates(iot) - others:
            iot.update_certificate(certificateId=one, newStatus="INACTIVE")
            iot.delete_certificate(certificateId=one)

    life = Life(
        address="aws_iot_certificate.it",
        created='resource "aws_iot_certificate" "it" { active = true }',
        updated='resource "aws_iot_certificate" "it" { active = false }',
        drift=activate,
        drifted=frozenset({"active"}),
        vanish=delete,
        exists=lambda _client: bool(_certificates(iot) - others),
        import_id=None,
    )
    lead({"it": life})


def _certificates(iot: Any) -> set[str]:
    pages = iot.get_paginator("list_certificates").paginate()
    return {one["certificateId"] for page in pages for one in page["certificates"]}

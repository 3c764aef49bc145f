"""IAM of ministack, as AWS IoT and other services ask it, at the speed of messages."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any, NamedTuple

from lab_utils.local_aws.place import Place
from lab_utils.local_aws.rules.roles import IOT_PRINCIPAL, Permission, assumed_role_arn

_MOST_DECISIONS = 4096
_CHANGING = ("Condition", "${")
"""A policy with a condition or a variable may decide otherwise the next time."""


class _Documents(NamedTuple):
    """All that a role's decisions come from, as it was: texts that compare at once."""

    trust: str
    policies: tuple[str, ...]
    boundary: str

    def are_constant(self) -> bool:
        """Return whether the same question will get the same answer."""
        return _are_constant((*self.policies, self.boundary), _CHANGING)


class MinistackAuthority:
    """IAM of one account, as AWS IoT asks it in one region.

    A decision is kept with the documents that it came from. It is used again only while they
    are the same texts, so a changed role or policy counts at once; an answer that depends on a
    condition or a policy variable is never kept.

    Args:
        modules: ministack's modules.
        place: The account and region.
    """

    def __init__(self, modules: Mapping[str, ModuleType], place: Place) -> None:
        self._evaluator: Any = modules["ministack.core.iam_evaluator"]
        self._iam: Any = modules["ministack.services.iam"]
        self._iot: Any = modules["ministack.services.iot"]
        self._responses: Any = modules["ministack.core.responses"]
        self._place = place
        self._trusted: dict[str, tuple[_Documents, bool]] = {}
        self._allowed: dict[tuple[str, str, str], tuple[_Documents, bool]] = {}
        self._granted: dict[tuple[str, tuple[Permission, ...]], _Documents] = {}

    def trusts_iot(self, role_arn: str) -> bool:
        """Return whether the role exists and AWS IoT may assume it."""
        documents = self._documents(role_arn)
        if documents is None:
            return False
        known = self._trusted.get(role_arn)
        if known is not None and known[0].trust == documents.trust:
            return known[1]
        with self._responses.request_scope(self._place.account, self._place.region):
            is_trusted = bool(self._iot._iot_role_usable(role_arn))
        _keep(self._trusted, role_arn, (documents, is_trusted))
        return is_trusted

    def allows(self, role_arn: str, permission: Permission) -> bool:
        """Return whether the role's inline and attached policies, and its boundary, allow it."""
        documents = self._documents(role_arn)
        if documents is None:
            return False
        key = (role_arn, permission.action, permission.resource)
        known = self._allowed.get(key)
        if known is not None and known[0] == documents:
            return known[1]
        is_allowed = self._evaluate(role_arn, permission)
        if documents.are_constant():
            _keep(self._allowed, key, (documents, is_allowed))
        return is_allowed

    def grants(self, role_arn: str, permissions: tuple[Permission, ...]) -> bool:
        """Return whether AWS IoT may assume the role, and may do all this under it."""
        documents, key = self._documents(role_arn), (role_arn, permissions)
        if documents is not None and self._granted.get(key) == documents:
            return True
        may = self.trusts_iot(role_arn) and all(self.allows(role_arn, one) for one in permissions)
        if may and documents is not None and documents.are_constant():
            _keep(self._granted, key, documents)
        return may

    def _evaluate(self, role_arn: str, permission: Permission) -> bool:
        account, role = self._place.account, _role_name(role_arn)
        with self._responses.request_scope(account, self._place.region):
            policies = self._evaluator._gather_role_policies(role, account)
            limits = self._evaluator._permissions_boundary(self._iam._roles, role, account)
            context = self._evaluator.EvalContext(
                principal_arn=assumed_role_arn(role_arn),
                principal_type="AssumedRole",
                principal_account=account,
                action=permission.action,
                resource_arn=permission.resource,
                region=self._place.region,
            )
            return bool(self._evaluator.evaluate(context, policies, *limits).decision == "Allow")

    def _documents(self, role_arn: str) -> _Documents | None:
        account = self._place.account
        role = self._iam._roles.get_scoped(account, None, _role_name(role_arn))
        if role is None:
            return None
        inline = (role.get("InlinePolicies") or {}).values()
        attached = role.get("AttachedPolicies") or ()
        boundary = role.get("PermissionsBoundary")
        return _Documents(
            _text(role.get("AssumeRolePolicyDocument")),
            (*map(_text, inline), *map(self._managed, attached)),
            self._managed(boundary) if boundary else "",
        )

    def _managed(self, arn: str) -> str:
        with self._responses.request_scope(self._place.account, self._place.region):
            return arn + _text(
                self._evaluator._resolve_managed_policy_document(arn, self._place.account)
            )


def function_allows(
    modules: Mapping[str, ModuleType], principal: str, function_arn: str, source_arn: str
) -> bool:
    """Return whether a function's policy lets a service invoke it for a resource.

    Args:
        modules: ministack's modules; the request's account and region are the function's.
        principal: The service, such as ``events.amazonaws.com``.
        function_arn: The function.
        source_arn: The rule, or whatever the service acts for.

    Source:
        https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
    """
    evaluator: Any = modules["ministack.core.iam_evaluator"]
    responses: Any = modules["ministack.core.responses"]
    functions: Any = modules["ministack.services.lambda_svc"]
    function, _configuration, _name = functions._get_func_record_for_ref(function_arn)
    account = responses.get_account_id()
    context = evaluator.EvalContext(
        principal_arn=principal,
        principal_type="Service",
        principal_account=account,
        action="lambda:InvokeFunction",
        resource_arn=function_arn,
        region=responses.get_region(),
        service_context={"aws:sourcearn": source_arn, "aws:sourceaccount": account},
    )
    policy = (function or {}).get("policy")
    decision = evaluator.evaluate_resource_policy(policy, context, principal).decision
    return bool(decision == "Allow")


def function_allows_iot(
    modules: Mapping[str, ModuleType], place: Place, function_arn: str, rule_arn: str
) -> bool:
    """Return whether a function's policy lets AWS IoT invoke it for a rule."""
    responses: Any = modules["ministack.core.responses"]
    with responses.request_scope(place.account, place.region):
        return function_allows(modules, IOT_PRINCIPAL, function_arn, rule_arn)


def keep_device_decisions(iot: Any) -> None:
    """Seam: a device publishes to few topics, and ministack reads its policies for each message.

    A decision is used again while the certificate has the same policies and the connection the
    same variables. What a policy with a condition decides is never kept.
    """
    decide = iot._mqtt_policy_allows
    kept: dict[tuple[str, ...], tuple[tuple[str, ...], dict[str, Any], bool]] = {}

    def policy_allows(
        account: str,
        region: str,
        certificate_id: str,
        context: dict[str, Any],
        action: str,
        resource: str,
        provisioning_template: str | None = None,
    ) -> bool:
        question = (account, region, certificate_id, context, action, resource)
        if provisioning_template is not None:
            return bool(decide(*question, provisioning_template))
        documents = _policies_of(iot, account, region, certificate_id)
        key = (account, region, certificate_id, action, resource)
        known = kept.get(key)
        if known is not None and known[0] == documents and known[1] == context:
            return known[2]
        is_allowed = bool(decide(*question))
        if _are_constant(documents, _CHANGING[:1]):
            _keep(kept, key, (documents, dict(context), is_allowed))
        return is_allowed

    iot._mqtt_policy_allows = policy_allows
    iot._WSSession._evaluates_policies = _has_policies


def _has_policies(client: Any) -> bool:
    """Return whether policies tell what a client may; the lab's ministack always has AUTH."""
    return client.certificate_id is not None or client.iam_credential is not None


def _policies_of(iot: Any, account: str, region: str, certificate_id: str) -> tuple[str, ...]:
    record = iot._certificates.get_scoped(account, region, certificate_id) or {}
    names = record.get("attachedPolicies", ())
    policies = [iot._policies.get_scoped(account, region, name) for name in names]
    return tuple([_text(p["versions"][p["defaultVersionId"]]["document"]) for p in policies if p])


def _are_constant(policies: tuple[str, ...], marks: tuple[str, ...]) -> bool:
    return not any(mark in text for text in policies for mark in marks)


def _keep(cache: dict[Any, Any], key: Any, value: Any) -> None:
    """Keep a value in a cache of bounded size: a resource's name may come from the payload."""
    if len(cache) >= _MOST_DECISIONS:
        cache.clear()
    cache[key] = value


def _role_name(role_arn: str) -> str:
    return role_arn.rsplit("/", 1)[-1]


def _text(document: Any) -> str:
    return document if isinstance(document, str) else repr(document)

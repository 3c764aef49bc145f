"""Users and roles that could deploy the function, and what else they may do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from lab_utils.checks.base import CheckContext
from lab_utils.checks.functions import Function
from lab_utils.checks.policies import Document, listed, names, read_document, statements
from lab_utils.checks.roles import decide, decide_all

UPDATE = "lambda:UpdateFunctionCode"
_MAY_KNOW = re.compile(r"lambda:(get|list)\w*|sts:getcalleridentity", re.IGNORECASE)
"""What reads and changes nothing: a deployment asks whether it is done."""
_MAY_DO_WITH_IT = {UPDATE.lower(), "lambda:publishversion", "lambda:invokefunction"}
_WITH_THE_FUNCTION = (
    "lambda:DeleteFunction",
    "lambda:UpdateFunctionConfiguration",
    "lambda:AddPermission",
)
_WITH_THE_ACCOUNT = (
    *("lambda:CreateFunction", "lambda:DeleteFunction", "lambda:InvokeFunction"),
    *("iam:PassRole", "iam:CreateUser", "iam:CreateAccessKey", "iam:AttachUserPolicy"),
    *("iam:PutUserPolicy", "iam:PutRolePolicy", "iam:ListUsers", "sts:AssumeRole"),
    *("s3:GetObject", "s3:PutObject", "s3:ListAllMyBuckets", "s3:DeleteBucket"),
    *("iot:Publish", "iot:Connect", "iot:CreateThing", "iot:CreateKeysAndCertificate"),
    *("dynamodb:Scan", "dynamodb:PutItem", "dynamodb:DeleteTable"),
    *("timestream:Select", "timestream:WriteRecords", "timestream:DeleteTable"),
    *("events:PutRule", "events:DeleteRule", "logs:DeleteLogGroup", "ec2:RunInstances"),
)
_EVERYTHING = "*"


@dataclass(frozen=True, eq=False)
class Deployer:
    """A user or a role.

    Attributes:
        kind: ``user`` or ``role``.
        name: Its name.
        arn: Its ARN.
        documents: Its policies, and those of its groups.
        managed: The names of the managed policies among them.
        is_limited: Whether a permissions boundary limits it.
    """

    kind: str
    name: str
    arn: str
    documents: tuple[Document, ...]
    managed: tuple[str, ...]
    is_limited: bool

    def __str__(self) -> str:
        """Return what it is, in words."""
        return f"the {self.kind} {self.name}"


class Identities:
    """The users and roles of an account, with their policies.

    Args:
        context: The APIs.
    """

    def __init__(self, context: CheckContext) -> None:
        self._iam = context.client("iam")

    @cached_property
    def _details(self) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for page in self._iam.get_paginator("get_account_authorization_details").paginate():
            for name in ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"):
                found.setdefault(name, []).extend(page.get(name, []))
        return found

    def users(self) -> list[Deployer]:
        """Return all users."""
        groups = {group["GroupName"]: group for group in self._details["GroupDetailList"]}
        return [
            self._deployer(
                "user", user, [user, *(groups[one] for one in user["GroupList"] if one in groups)]
            )
            for user in self._details["UserDetailList"]
        ]

    def roles(self) -> list[Deployer]:
        """Return the roles that somebody but a service of AWS may assume: a pipeline, by OIDC."""
        return [
            self._deployer("role", role, [role])
            for role in self._details["RoleDetailList"]
            if any(map(_trusts_somebody, statements(_trust(role))))
        ]

    def _deployer(self, kind: str, one: Any, holders: list[Any]) -> Deployer:
        inline = [
            read_document(policy["PolicyDocument"])
            for holder in holders
            for name in ("UserPolicyList", "GroupPolicyList", "RolePolicyList")
            for policy in holder.get(name, [])
        ]
        attached = [
            policy for holder in holders for policy in holder.get("AttachedManagedPolicies", [])
        ]
        managed = [self._managed.get(policy["PolicyArn"]) for policy in attached]
        return Deployer(
            kind,
            one[f"{kind.capitalize()}Name"],
            one["Arn"],
            (*inline, *(document for document in managed if document)),
            tuple(policy["PolicyName"] for policy in attached),
            bool(one.get("PermissionsBoundary")),
        )

    @cached_property
    def _managed(self) -> dict[str, Document]:
        return {
            policy["Arn"]: read_document(version["Document"])
            for policy in self._details["Policies"]
            for version in policy.get("PolicyVersionList", [])
            if version["IsDefaultVersion"]
        }


def _trust(role: Mapping[str, Any]) -> Document:
    return read_document(role.get("AssumeRolePolicyDocument") or {})


def _trusts_somebody(statement: Document) -> bool:
    principal = statement.get("Principal")
    is_named = isinstance(principal, dict) and {"AWS", "Federated"} & set(principal)
    return statement.get("Effect") == "Allow" and (principal == "*" or bool(is_named))


def may_deploy(context: CheckContext, one: Deployer, function: Function) -> bool:
    """Return whether a user or role may give the function other code."""
    return decide(context, one.arn, UPDATE, function.arn) == "allowed"


def find_excess(context: CheckContext, one: Deployer, function: Function) -> list[str]:
    """Return what a deployer may do beyond its task, in words; IAM itself decides each.

    What its policies name is tried, and what any policy with wildcards might allow.

    Args:
        context: The APIs.
        one: The user or role.
        function: The function that is its task.
    """
    other = f"{function.arn.rpartition(':')[0]}:another_function"
    tried = [
        (UPDATE, other),
        *((action, function.arn) for action in _WITH_THE_FUNCTION),
        *((action, other) for action in _WITH_THE_ACCOUNT[1:3]),
        *((action, _EVERYTHING) for action in _WITH_THE_ACCOUNT),
        *_named(one, function),
    ]
    actions_on: dict[str, list[str]] = {}
    for action, resource in dict.fromkeys(tried):
        actions_on.setdefault(resource, []).append(action)
    found = [
        f"{action} on {_in_words(resource, function, other)}"
        for resource, actions in actions_on.items()
        for action in _allowed(context, one, actions, resource)
    ]
    return found or _unknown(one)


def _allowed(context: CheckContext, one: Deployer, actions: list[str], resource: str) -> list[str]:
    """Return the actions that IAM allows; what it cannot decide on counts as it is written."""
    try:
        decided = decide_all(context, one.arn, actions, resource)
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidInput":
            raise
        return [] if one.is_limited else actions
    return [action for action, decision in decided.items() if decision == "allowed"]


def _in_words(resource: str, function: Function, other: str) -> str:
    known = {_EVERYTHING: "everything", function.arn: function.name, other: "any other function"}
    return known.get(resource, resource)


def _named(one: Deployer, function: Function) -> Iterator[tuple[str, str]]:
    """Yield each action and resource that policies name beyond the task."""
    for statement in _allowing(one):
        for resource in listed(statement.get("Resource")):
            is_own = names(resource, function.arn)
            for action in _actions(statement):
                if not is_own:
                    yield action, _example(resource)
                elif action.lower() not in _MAY_DO_WITH_IT:
                    is_of_lambda = action.lower().startswith("lambda:")
                    yield action, function.arn if is_of_lambda else _example(resource)


def _actions(statement: Document) -> Iterator[str]:
    """Yield the actions that a statement allows and that are not only asking."""
    known = (*_WITH_THE_FUNCTION, *_WITH_THE_ACCOUNT, UPDATE)
    for pattern in listed(statement.get("Action")):
        is_plain = not re.search(r"[*?]", pattern)
        matched = (
            [pattern] if is_plain else [a for a in known if names(pattern, a, ignore_case=True)]
        )
        yield from (action for action in matched if not _MAY_KNOW.fullmatch(action))


def _unknown(one: Deployer) -> list[str]:
    """Return the patterns of which no action was tried, as in ``kms:*``: nothing limits them."""
    if one.is_limited:
        return []
    return [
        f"{pattern} on {', '.join(listed(statement.get('Resource')))}"
        for statement in _allowing(one)
        for pattern in listed(statement.get("Action"))
        if re.search(r"[*?]", pattern)
        and not list(_actions({"Action": pattern}))
        and not _MAY_KNOW.fullmatch(re.sub(r"[*?]", "x", pattern))
    ]


def _allowing(one: Deployer) -> Iterator[Document]:
    for document in one.documents:
        for statement in statements(document):
            if statement.get("Effect") == "Allow":
                yield statement


def _example(resource: str) -> str:
    """Return a resource that a pattern stands for."""
    return resource if resource == _EVERYTHING else re.sub(r"[*?]", "x", resource)

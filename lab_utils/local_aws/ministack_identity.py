"""IAM, where ministack takes more than AWS does."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from lab_utils.local_aws.ministack_simulation import mend_simulation
from lab_utils.local_aws.ministack_users import mend_users
from lab_utils.local_aws.policy_documents import identity_policy_problem, trust_policy_problem
from lab_utils.local_aws.violations import violation

_MANAGED_POLICIES = Path(__file__).with_name("managed_policies.json")
_NAMING_SERVICES = frozenset({"dynamodb", "events", "iam", "lambda"})
"""Services of the practical whose denials name the resource on AWS, and do not on ministack."""
_LONGEST_NAMES = {"Role": 64, "User": 64, "Group": 128, "Policy": 128}


def mend_iam(iam: Any, evaluator: Any) -> None:
    """Replace what differs in ministack's ``iam`` module.

    Policies are held to IAM's grammar, in its words; trust policies too (ministack: hardly at
    all). Only a policy that exists can be attached; the ones of AWS that the practical names do.
    A name has the characters and the length that IAM takes. A text can be set to nothing.
    Messages name what is missing as IAM does.

    Source:
        https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
        https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html
    """
    evaluator.validate_policy_document = identity_policy_problem
    iam.parse_qs = partial(parse_qs, keep_blank_values=True)
    _name_what_is_missing(iam)
    _check_trust(iam, "CreateRole", "AssumeRolePolicyDocument")
    _check_trust(iam, "UpdateAssumeRolePolicy", "PolicyDocument")
    for kind, holders in (("Role", iam._roles), ("User", iam._users), ("Group", iam._groups)):
        _attach_only_what_exists(iam, kind, holders)
    for kind, longest in _LONGEST_NAMES.items():
        _check_name(iam, kind, longest)
    _add_managed_policies(iam)
    mend_users(iam)
    mend_simulation(iam, evaluator)


def _check_trust(iam: Any, operation: str, parameter: str) -> None:
    """Let an operation refuse a malformed trust policy, after it has looked for the role."""
    handle = iam._IAM_HANDLERS[operation]

    def checked(parameters: Mapping[str, Any]) -> Any:
        is_there = iam._p(parameters, "RoleName") in iam._roles
        problem = trust_policy_problem(iam._p(parameters, parameter))
        if problem and is_there is (operation != "CreateRole"):
            return iam._error(400, "MalformedPolicyDocument", problem, ns="iam")
        return handle(parameters)

    iam._IAM_HANDLERS[operation] = checked


def _attach_only_what_exists(iam: Any, kind: str, holders: Any) -> None:
    """Refuse to attach an unknown policy to a role, a user or a group that exists."""
    operation = f"Attach{kind}Policy"
    handle = iam._IAM_HANDLERS[operation]

    def attach(parameters: Mapping[str, Any]) -> Any:
        holder, arn = (iam._p(parameters, name) for name in (f"{kind}Name", "PolicyArn"))
        if holder in holders and not iam._policy_exists(arn):
            words = f"Policy {arn} does not exist or is not attachable."
            return iam._error(404, "NoSuchEntity", words, ns="iam")
        return handle(parameters)

    iam._IAM_HANDLERS[operation] = attach


def _check_name(iam: Any, kind: str, longest: int) -> None:
    """Refuse to create a role, user, group or policy with a name that IAM does not take."""
    operation, member = f"Create{kind}", f"{kind.lower()}Name"
    handle = iam._IAM_HANDLERS[operation]

    def create(parameters: Mapping[str, Any]) -> Any:
        name = iam._p(parameters, f"{kind}Name")
        problem = ""
        if len(name) > longest:
            constraint = f"Member must have length less than or equal to {longest}"
            problem = violation(name, member, constraint)
        elif not re.fullmatch(r"[\w+=,.@-]+", name, re.ASCII):
            problem = (
                f"The specified value for {member} is invalid. It must contain only alphanumeric "
                "characters and/or the following: +=,.@_-"
            )
        return (
            iam._error(400, "ValidationError", problem, ns="iam") if problem else handle(parameters)
        )

    iam._IAM_HANDLERS[operation] = create


def _add_managed_policies(iam: Any) -> None:
    """Add policies of AWS that ministack lacks: the practical's, and those of IoT's roles.

    Source:
        https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
    """
    for name, document in json.loads(_MANAGED_POLICIES.read_text("utf-8")).items():
        record = iam._make_aws_managed_record(name, json.dumps(document))
        iam._aws_managed_policies.setdefault(record["Arn"], record)


def _name_what_is_missing(iam: Any) -> None:
    """Spell ministack's short messages of what does not exist as IAM does; escape them all."""
    error = iam._error

    def named(status: int, code: str, message: str, ns: str = "iam") -> Any:
        if found := re.fullmatch(r"(Role|User|Group) (\S+) not found\.", message):
            kind = found[1].lower()
            message = f"The {kind} with name {found[2]} cannot be found."
        elif found := re.fullmatch(r"Policy (arn:\S+) not found\.", message):
            message = f"Policy {found[1]} was not found."
        return error(status, code, escape(message), ns=ns)

    iam._error = named


def name_denied_resources(actions: Any) -> None:
    """Let a denial say for which resource, as AWS does: it is half of what is wrong.

    Source:
        https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """
    respond = actions.access_denied_response

    def response(
        service: str, action: str, principal_arn: str, request_id: str, **details: Any
    ) -> Any:
        told = details.get("error_code") or details.get("message")
        resource = details.get("resource_arn", "*")
        is_denied = details.get("explicit_deny", False)
        by_resource = is_denied and details.get("resource_policy_arn")
        is_named = resource != "*" or service == "lambda"
        if service in _NAMING_SERVICES and is_named and not told and not by_resource:
            words = actions.identity_denial_message(action, principal_arn, resource, is_denied)
            details["message"] = words
        return respond(service, action, principal_arn, request_id, **details)

    actions.access_denied_response = response

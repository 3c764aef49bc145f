"""What AWS IoT Core has of the practical: certificates, things, policies, rules, its log."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from lab_utils.teardown.calls import Call
from lab_utils.teardown.leftovers import Leftover
from lab_utils.teardown.look import Look, unless_gone
from lab_utils.teardown.ownership import MAYBE, has_tag

SERVICE = "IoT Core"
_CERTIFICATE, _THING, _POLICY = "aws_iot_certificate", "aws_iot_thing", "aws_iot_policy"


def look_at_iot(look: Look) -> Iterator[Leftover]:
    """Yield what AWS IoT Core has of the practical, in an order in which it can be removed.

    Source:
        https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteCertificate.html
        https://docs.aws.amazon.com/iot/latest/apireference/API_DeletePolicy.html
    """
    yield from _rules(look)
    policies = list(_policies(look))
    certificates = list(_certificates(look, {one.name: why for one, why in policies}))
    yield from certificates
    gone = {one.name: one.why for one in certificates}
    yield from _things(look, gone)
    for policy, why in policies:
        yield policy.leftover(why, gone)
    yield from _groups_and_types(look)
    yield from _logging(look)


@dataclass(frozen=True)
class _Policy:
    """A policy with its old versions and what it is attached to."""

    name: str
    versions: tuple[str, ...]
    targets: tuple[str, ...]

    def leftover(self, why: str, gone: Container[str]) -> Leftover:
        """Return it as what is left, where the certificates of some ids go before it."""
        name = {"policyName": self.name}
        stay = (target for target in self.targets if _id_of(target) not in gone)
        calls = [Call("iot", "detach_policy", {**name, "target": target}) for target in stay]
        old = ({**name, "policyVersionId": one} for one in self.versions)
        calls += [Call("iot", "delete_policy_version", arguments) for arguments in old]
        more = f"; it has {len(self.versions)} older version(s)" if self.versions else ""
        calls.append(Call("iot", "delete_policy", name))
        return Leftover(SERVICE, "policy", self.name, f"{why}{more}", tuple(calls))


def _rules(look: Look) -> Iterator[Leftover]:
    for rule in look.every("iot", "list_topic_rules", "rules"):
        name, arn = rule["ruleName"], rule["ruleArn"]
        why = look.owner.reason("aws_iot_topic_rule", name, arn, is_tagged=_is_tagged(look, arn))
        if why:
            call = Call("iot", "delete_topic_rule", {"ruleName": name})
            yield Leftover(SERVICE, "topic rule", name, why, (call,))


def _policies(look: Look) -> Iterator[tuple[_Policy, str]]:
    for policy in look.every("iot", "list_policies", "policies"):
        name, arn = policy["policyName"], policy["policyArn"]
        why = look.owner.reason(_POLICY, name, arn, is_tagged=_is_tagged(look, arn))
        if not why:
            continue
        versions = _attached(look, "list_policy_versions", "policyVersions", policyName=name)
        old = [one for one in versions if not one["isDefaultVersion"]]
        targets = policy_targets(look, name)
        yield _Policy(name, tuple(one["versionId"] for one in old), tuple(targets)), why


def policy_targets(look: Look, name: str) -> list[str]:
    """Return the ARNs of what a policy is attached to."""
    return _attached(look, "list_targets_for_policy", "targets", policyName=name)


def thing_principals(look: Look, name: str) -> list[str]:
    """Return the ARNs of the certificates of a thing."""
    return _attached(look, "list_thing_principals", "principals", thingName=name)


def principal_things(look: Look, arn: str) -> list[str]:
    """Return the names of the things that a certificate stands for."""
    return _attached(look, "list_principal_things", "things", principal=arn)


def certificate_policies(look: Look, arn: str) -> list[str]:
    """Return the names of the policies that are attached to a certificate."""
    policies = _attached(look, "list_attached_policies", "policies", target=arn)
    return [one["policyName"] for one in policies]


def _certificates(look: Look, policies: Mapping[str, str]) -> Iterator[Leftover]:
    kin = _kin(look, policies)
    for certificate in look.every("iot", "list_certificates", "certificates"):
        arn, name = certificate["certificateArn"], certificate["certificateId"]
        why = look.owner.reason(_CERTIFICATE, name, arn, kin=kin.get(arn, ""))
        if not why:
            continue
        things = [
            Call("iot", "detach_thing_principal", {"thingName": thing, "principal": arn})
            for thing in principal_things(look, arn)
        ]
        policies_off = [
            Call("iot", "detach_policy", {"policyName": policy, "target": arn})
            for policy in certificate_policies(look, arn)
        ]
        off = {"certificateId": name, "newStatus": "INACTIVE"}
        is_active = certificate["status"] == "ACTIVE"
        calls = [*things, *policies_off]
        calls += [Call("iot", "update_certificate", off)] if is_active else []
        calls.append(Call("iot", "delete_certificate", {"certificateId": name}))
        more = ", and it is still ACTIVE" if is_active else ""
        yield Leftover(SERVICE, "certificate", name, f"{why}{more}", tuple(calls))


def _kin(look: Look, policies: Mapping[str, str]) -> dict[str, str]:
    """Return what ties certificates to the practical's policies and things, by ARN."""
    found: dict[str, str] = {}
    # Those that are surely the practical's last: their word counts more.
    for policy, why in sorted(policies.items(), key=lambda one: MAYBE not in one[1]):
        doubt = look.owner.doubted("") if MAYBE in why else ""
        for arn in policy_targets(look, policy):
            found[arn] = f"made by hand, and the policy {policy} is attached to it{doubt}"
    known = look.owner.sure(_THING)
    for thing in look.every("iot", "list_things", "things"):
        if thing["thingName"] in known:
            for arn in thing_principals(look, thing["thingName"]):
                found[arn] = f"made by hand, and attached to your thing {thing['thingName']}"
    return found


def _things(look: Look, gone: Mapping[str, str]) -> Iterator[Leftover]:
    named = look.owner.named.get(_THING, [])
    for thing in look.every("iot", "list_things", "things"):
        name = thing["thingName"]
        is_known = look.owner.is_account_own or name in named or look.owner.knows(_THING, name)
        principals = thing_principals(look, name) if is_known else []
        stay = [arn for arn in principals if _id_of(arn) not in gone]
        ties = [gone[_id_of(arn)] for arn in principals if arn not in stay]
        # A thing has no tags: on a shared account it takes its certificate to know it again.
        kin = "it has your certificate and the name of your files"
        if name not in named or not ties:
            kin = ""
        elif all(MAYBE in why for why in ties):
            kin = look.owner.doubted(kin)
        why = look.owner.reason(_THING, name, thing.get("thingArn", ""), kin=kin)
        if why:
            detach = [
                Call("iot", "detach_thing_principal", {"thingName": name, "principal": arn})
                for arn in stay
            ]
            delete = Call("iot", "delete_thing", {"thingName": name})
            yield Leftover(SERVICE, "thing", name, why, (*detach, delete))


def _id_of(arn: str) -> str:
    """Return the id of a certificate, which ends its ARN."""
    return arn.rsplit("/", 1)[-1]


def _groups_and_types(look: Look) -> Iterator[Leftover]:
    for group in look.every("iot", "list_thing_groups", "thingGroups"):
        name, arn = group["groupName"], group["groupArn"]
        tagged = _is_tagged(look, arn)
        if why := look.owner.reason("aws_iot_thing_group", name, arn, is_tagged=tagged):
            call = Call("iot", "delete_thing_group", {"thingGroupName": name})
            yield Leftover(SERVICE, "thing group", name, why, (call,))
    for kind in look.every("iot", "list_thing_types", "thingTypes"):
        name, arn = kind["thingTypeName"], kind["thingTypeArn"]
        tagged = _is_tagged(look, arn)
        if why := look.owner.reason("aws_iot_thing_type", name, arn, is_tagged=tagged):
            retire = Call("iot", "deprecate_thing_type", {"thingTypeName": name})
            delete = Call("iot", "delete_thing_type", {"thingTypeName": name})
            is_retired = kind.get("thingTypeMetadata", {}).get("deprecated", False)
            late = f"{why}; AWS deletes it five minutes after it was deprecated"
            calls = (delete,) if is_retired else (retire, delete)
            yield Leftover(SERVICE, "thing type", name, late, calls)


def _logging(look: Look) -> Iterator[Leftover]:
    """Yield the log of AWS IoT where it still is to be written under the practical's role."""
    try:
        options: dict[str, Any] = look.client("iot").get_v2_logging_options()
    except ClientError as error:
        if error.response["Error"]["Code"] == "NotConfiguredException":
            return
        raise
    role = options.get("roleArn", "").rsplit("/", 1)[-1]
    is_on = not options.get("disableAllLogs") and options.get("defaultLogLevel") != "DISABLED"
    is_own = look.owner.is_account_own or look.owner.knows("aws_iam_role", role)
    is_doubtful = role in look.owner.uncertain("aws_iam_role") or _is_tagged_role(look, role)
    if is_on and (is_own or is_doubtful):
        off = {"defaultLogLevel": "DISABLED", "disableAllLogs": True}
        why = (
            "Terraform sets what AWS IoT logs, but has no way to unset it; it still names the "
            f"role {role}"
        )
        why = why if is_own else look.owner.doubted(why)
        call = Call("iot", "set_v2_logging_options", off)
        level = f"at the level {options['defaultLogLevel']}"
        yield Leftover(SERVICE, "logging options", level, why, (call,))


def _is_tagged_role(look: Look, role: str) -> bool:
    ask = partial(look.every, "iam", "list_role_tags", "Tags", RoleName=role)
    return has_tag({one["Key"]: one["Value"] for one in unless_gone(ask, [])})


def _is_tagged(look: Look, arn: str) -> bool:
    tags = _attached(look, "list_tags_for_resource", "tags", resourceArn=arn)
    return has_tag({one["Key"]: one.get("Value", "") for one in tags})


def _attached(look: Look, operation: str, key: str, **arguments: str) -> list[Any]:
    """Return what a listing tells of something; nothing if that has gone meanwhile."""
    return list(unless_gone(lambda: look.every("iot", operation, key, **arguments), []))

"""What Lambda, EventBridge and CloudWatch Logs have of the practical: what runs, and its log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lab_utils.teardown.calls import Call
from lab_utils.teardown.leftovers import Leftover
from lab_utils.teardown.look import Look, unless_gone

_FUNCTION, _RULE = "aws_lambda_function", "aws_cloudwatch_event_rule"
_LOG_OF_FUNCTION = "/aws/lambda/"
_LOG_OF_IOT = "AWSIotLogsV2"
LAMBDA_MADE = (
    "Lambda made it when the function first ran: Terraform has never known it, and destroying "
    "the function keeps its log"
)
IOT_MADE = "AWS IoT made it when it had something to log: Terraform has never known it"


def look_at_events(look: Look) -> Iterator[Leftover]:
    """Yield the rules of EventBridge with their targets, and the schedules of Scheduler."""
    for rule in look.every("events", "list_rules", "Rules"):
        if "ManagedBy" in rule:
            continue
        name, arn = rule["Name"], rule["Arn"]
        targets = rule_targets(look, name)
        kin = _kin([target["Arn"] for target in targets], look.functions)
        why = look.owner.reason(_RULE, name, arn, is_tagged=arn in look.tagged, kin=kin)
        if why:
            ids = [target["Id"] for target in targets]
            remove = [Call("events", "remove_targets", {"Rule": name, "Ids": ids})] if ids else []
            delete = Call("events", "delete_rule", {"Name": name})
            yield Leftover("EventBridge", "rule", name, why, (*remove, delete))


def rule_targets(look: Look, rule: str) -> list[dict[str, str]]:
    """Return the targets of a rule of EventBridge."""
    return list(
        unless_gone(lambda: look.every("events", "list_targets_by_rule", "Targets", Rule=rule), [])
    )


def look_at_scheduler(look: Look) -> Iterator[Leftover]:
    """Yield the schedules of EventBridge Scheduler, which have no tags of their own."""
    for schedule in look.every("scheduler", "list_schedules", "Schedules"):
        name, arn = schedule["Name"], schedule["Arn"]
        kin = _kin([schedule.get("Target", {}).get("Arn", "")], look.functions)
        if why := look.owner.reason("aws_scheduler_schedule", name, arn, kin=kin):
            arguments = {"Name": name, "GroupName": schedule.get("GroupName", "default")}
            call = Call("scheduler", "delete_schedule", arguments)
            yield Leftover("EventBridge Scheduler", "schedule", name, why, (call,))


def look_at_lambda(look: Look) -> Iterator[Leftover]:
    """Yield the event source mappings, the functions and the layers of Lambda."""
    for mapping in look.every("lambda", "list_event_source_mappings", "EventSourceMappings"):
        name = mapping["UUID"]
        kin = _kin([mapping.get("FunctionArn", "")], look.functions)
        if why := look.owner.reason("aws_lambda_event_source_mapping", name, kin=kin):
            call = Call("lambda", "delete_event_source_mapping", {"UUID": name})
            is_going = mapping.get("State") == "Deleting"
            yield Leftover("Lambda", "event source mapping", name, why, (call,), is_going=is_going)
    for function in look.every("lambda", "list_functions", "Functions"):
        name, arn = function["FunctionName"], function["FunctionArn"]
        if why := look.owner.reason(_FUNCTION, name, arn, is_tagged=arn in look.tagged):
            call = Call("lambda", "delete_function", {"FunctionName": name})
            yield Leftover("Lambda", "function", name, why, (call,))
    yield from _layers(look)


def _layers(look: Look) -> Iterator[Leftover]:
    for layer in look.every("lambda", "list_layers", "Layers"):
        name = layer["LayerName"]
        if why := look.owner.reason("aws_lambda_layer_version", name, layer["LayerArn"]):
            versions = look.every("lambda", "list_layer_versions", "LayerVersions", LayerName=name)
            calls = [
                Call(
                    "lambda",
                    "delete_layer_version",
                    {"LayerName": name, "VersionNumber": one["Version"]},
                )
                for one in versions
            ]
            yield Leftover("Lambda", "layer", name, why, tuple(calls))


def look_at_logs(look: Look) -> Iterator[Leftover]:
    """Yield the log groups.

    Source:
        https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
    """
    own = {f"{_LOG_OF_FUNCTION}{name}": doubt for name, doubt in look.functions.items()}
    for group in look.every("logs", "describe_log_groups", "logGroups"):
        name, arn = group["logGroupName"], group["arn"].removesuffix(":*")
        kin = f"{LAMBDA_MADE}{own[name]}" if name in own else ""
        if look.owner.is_account_own and name == _LOG_OF_IOT:
            kin = IOT_MADE
        is_tagged = arn in look.tagged
        kind = "aws_cloudwatch_log_group"
        if why := look.owner.reason(kind, name, arn, is_tagged=is_tagged, kin=kin):
            call = Call("logs", "delete_log_group", {"logGroupName": name})
            yield Leftover("CloudWatch Logs", "log group", name, why, (call,))


def own_functions(look: Look) -> dict[str, str]:
    """Return the names of the practical's functions, those that exist and those that did.

    Each comes with what is to be said of a tie to it: nothing, or the doubt whose it is.
    """
    tagged = {arn.rsplit(":", 1)[-1] for arn in look.tagged if ":lambda:" in arn}
    perhaps = tagged | look.owner.uncertain(_FUNCTION)
    found = dict.fromkeys(perhaps, look.owner.doubted(""))
    found |= dict.fromkeys(look.owner.sure(_FUNCTION), "")
    return {name: doubt for name, doubt in found.items() if ":" not in name}


def _kin(arns: list[str], functions: Mapping[str, str]) -> str:
    """Return what ties something to the practical's function, among the ARNs that it invokes."""
    names = [arn.split(":function:", 1)[1].split(":")[0] for arn in arns if ":function:" in arn]
    found = [name for name in names if name in functions]
    # A tie to what is surely the practical's counts more than one to what may be.
    found.sort(key=lambda name: bool(functions[name]))
    return "".join(f"made by hand, and invokes {one}{functions[one]}" for one in found[:1])

"""The lives of EventBridge's rules and targets, and of log groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.provider.lifecycle import Client, Lead, Life, is_there
from tests.integration.provider.workspace import TerraformFailedError, TerraformWorkspace

Make = Callable[..., TerraformWorkspace]
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:some"
PATTERN = 'jsonencode({ source = ["aws.ec2"] })'


def _rule(name: str, arguments: str) -> str:
    return f"""
        resource "aws_cloudwatch_event_rule" "it" {{
          name = "{name}"
          {arguments}
        }}
    """


def _target(target_id: str, arguments: str = "") -> str:
    return _rule("life_of_a_target", 'schedule_expression = "rate(1 hour)"') + (
        f"""
        resource "aws_cloudwatch_event_target" "it" {{
          rule      = aws_cloudwatch_event_rule.it.name
          target_id = "{target_id}"
          arn       = "{QUEUE}"
          {arguments}
        }}
        """
    )


def _group(name: str, arguments: str = "") -> str:
    return f"""
        resource "aws_cloudwatch_log_group" "it" {{
          name = "{name}"
          {arguments}
        }}
    """


def _targets(client: Client) -> list[str]:
    events, rule = client("events"), "life_of_a_target"
    if not is_there(events.describe_rule, Name=rule):
        return []
    return [one["Id"] for one in events.list_targets_by_rule(Rule=rule)["Targets"]]


def _groups(client: Client) -> list[str]:
    found = client("logs").describe_log_groups(logGroupNamePrefix="/life/")["logGroups"]
    return [one["logGroupName"] for one in found]


LIVES = {
    "event rule": Life(
        address="aws_cloudwatch_event_rule.it",
        created=_rule("life_event", 'schedule_expression = "rate(1 minute)"\ntags = { a = 1 }'),
        updated=_rule(
            "life_event",
            f'event_pattern = {PATTERN}\nstate = "DISABLED"\ndescription = "x"',
        ),
        replaced=_rule("life_event_2", f'event_pattern = {PATTERN}\nstate = "DISABLED"'),
        drift=lambda client: client("events").put_rule(
            Name="life_event", ScheduleExpression="rate(2 minutes)"
        ),
        drifted=frozenset({"description", "event_pattern", "schedule_expression"}),
        vanish=lambda client: client("events").delete_rule(Name="life_event"),
        exists=lambda client: any(
            is_there(client("events").describe_rule, Name=name)
            for name in ("life_event", "life_event_2")
        ),
        not_imported=frozenset({"force_destroy"}),
    ),
    "event target": Life(
        address="aws_cloudwatch_event_target.it",
        created=_target("one", "input = jsonencode({ a = 1 })"),
        updated=_target(
            "one",
            """
            input_transformer {
              input_paths    = { time = "$.time" }
              input_template = "{\\"at\\": <time>}"
            }
            retry_policy {
              maximum_event_age_in_seconds = 60
              maximum_retry_attempts       = 0
            }
            sqs_target { message_group_id = "zone-1" }
            """,
        ),
        replaced=_target("two"),
        drift=lambda client: client("events").put_targets(
            Rule="life_of_a_target", Targets=[{"Id": "one", "Arn": QUEUE, "InputPath": "$.time"}]
        ),
        drifted=frozenset({"input_path", "input_transformer", "retry_policy", "sqs_target"}),
        vanish=lambda client: client("events").remove_targets(Rule="life_of_a_target", Ids=["one"]),
        exists=lambda client: bool(_targets(client)),
        import_id=lambda state: f"{state['rule']}/{state['target_id']}",
        not_imported=frozenset({"force_destroy"}),
    ),
    "log group": Life(
        address="aws_cloudwatch_log_group.it",
        created=_group("/life/group", "retention_in_days = 7\ntags = { a = 1, b = 2 }"),
        updated=_group("/life/group", "retention_in_days = 14\ntags = { b = 3 }"),
        replaced=_group("/life/group2"),
        drift=lambda client: client("logs").delete_retention_policy(logGroupName="/life/group"),
        drifted=frozenset({"retention_in_days"}),
        vanish=lambda client: client("logs").delete_log_group(logGroupName="/life/group"),
        exists=lambda client: bool(_groups(client)),
        not_imported=frozenset({"skip_destroy"}),
    ),
}


def test_resources_live_from_creation_to_destruction(lead: Lead) -> None:
    lead(LIVES)


@pytest.mark.parametrize("by_arn", [False, True])
def test_a_rule_on_another_bus_lives_there(
    by_arn: bool, terraform_workspace: Make, aws_client: Callable[..., Any]
) -> None:
    events = aws_client("events")
    arn = events.create_event_bus(Name="house")["EventBusArn"]
    bus = arn if by_arn else "house"
    workspace = terraform_workspace(
        _rule("on_a_bus", f'event_pattern = {PATTERN}\nevent_bus_name = "{bus}"')
        + f"""
        resource "aws_cloudwatch_event_target" "it" {{
          rule           = aws_cloudwatch_event_rule.it.name
          event_bus_name = aws_cloudwatch_event_rule.it.event_bus_name
          target_id      = "one"
          arn            = "{QUEUE}"
        }}
        """
    )
    workspace.apply()
    assert workspace.plan() == {}
    assert workspace.state("aws_cloudwatch_event_rule.it")["id"] == f"{bus}/on_a_bus"
    assert workspace.state("aws_cloudwatch_event_target.it")["id"] == f"{bus}-on_a_bus-one"
    assert [one["Name"] for one in events.list_rules(EventBusName="house")["Rules"]] == ["on_a_bus"]
    workspace.import_("aws_cloudwatch_event_rule.it", f"{bus}/on_a_bus")
    workspace.import_("aws_cloudwatch_event_target.it", f"{bus}/on_a_bus/one")
    assert workspace.plan() == {}
    workspace.destroy()
    assert events.list_rules(EventBusName="house")["Rules"] == []
    events.delete_event_bus(Name="house")


def test_is_enabled_and_state_say_the_same(
    terraform_workspace: Make, aws_client: Callable[..., Any]
) -> None:
    def seen() -> tuple[str, bool]:
        state = workspace.state("aws_cloudwatch_event_rule.it")
        assert aws_client("events").describe_rule(Name="in_step")["State"] == state["state"]
        return state["state"], state["is_enabled"]

    schedule = 'schedule_expression = "rate(5 minutes)"'
    workspace = terraform_workspace(_rule("in_step", schedule))
    steps = [
        ("", ("ENABLED", True)),
        ("is_enabled = false", ("DISABLED", False)),
        ("", ("DISABLED", False)),
        ('state = "ENABLED"', ("ENABLED", True)),
    ]
    for argument, expected in steps:
        workspace.write(_rule("in_step", f"{schedule}\n{argument}"))
        workspace.apply()
        assert seen() == expected
        assert workspace.plan() == {}
    workspace.destroy()


def test_names_are_made_up_where_none_is_given(terraform_workspace: Make) -> None:
    workspace = terraform_workspace(
        f"""
        resource "aws_cloudwatch_event_rule" "it" {{
          name_prefix         = "every-"
          schedule_expression = "cron(0 12 * * ? *)"
        }}
        resource "aws_cloudwatch_event_target" "it" {{
          rule = aws_cloudwatch_event_rule.it.name
          arn  = "{QUEUE}"
        }}
        resource "aws_cloudwatch_log_group" "it" {{ name_prefix = "/made/up/" }}
        resource "aws_cloudwatch_log_group" "bare" {{}}
        """
    )
    workspace.apply()
    assert workspace.plan() == {}
    rule = workspace.state("aws_cloudwatch_event_rule.it")
    target = workspace.state("aws_cloudwatch_event_target.it")
    assert rule["name"].startswith("every-")
    assert rule["name_prefix"] == "every-"
    assert target["target_id"].startswith("terraform-")
    assert target["id"] == f"{rule['name']}-{target['target_id']}"
    assert workspace.state("aws_cloudwatch_log_group.it")["name_prefix"] == "/made/up/"
    assert workspace.state("aws_cloudwatch_log_group.bare")["name"].startswith("terraform-")
    workspace.destroy()


def test_a_log_group_is_left_when_asked_to(
    terraform_workspace: Make, aws_client: Callable[..., Any]
) -> None:
    logs = aws_client("logs")
    workspace = terraform_workspace(_group("/left/alone", "skip_destroy = true"))
    workspace.apply()
    workspace.destroy()
    assert logs.describe_log_groups(logGroupNamePrefix="/left/alone")["logGroups"]
    with pytest.raises(TerraformFailedError, match="ResourceAlreadyExistsException: "):
        workspace.apply()
    logs.delete_log_group(logGroupName="/left/alone")


RULE = 'schedule_expression = "rate(1 hour)"'


@pytest.mark.parametrize(
    ("hcl", "words", "snippet"),
    [
        pytest.param(
            _rule("one_minutes", 'schedule_expression = "rate(1 minutes)"'),
            "creating EventBridge Rule (one_minutes): operation error EventBridge: PutRule",
            "schedule_expression =",
            id="wrong plural",
        ),
        pytest.param(
            _rule("empty", ""),
            '"event_pattern": one of `event_pattern,schedule_expression` must be specified',
            "",
            id="neither schedule nor pattern",
        ),
        pytest.param(
            _rule("bad_pattern", 'event_pattern = "{}}"'),
            '"event_pattern" contains an invalid JSON',
            "event_pattern =",
            id="pattern that is no JSON",
        ),
        pytest.param(
            _rule("both", f'{RULE}\nstate = "ENABLED"\nis_enabled = true'),
            "Conflicting configuration arguments",
            "is_enabled = true",
            id="state and is_enabled",
        ),
        pytest.param(
            _rule("with space", RULE), "invalid value for name", "name = ", id="name with a space"
        ),
        pytest.param(
            f"""
            resource "aws_cloudwatch_event_target" "it" {{
              rule = "of-nobody"
              arn  = "{QUEUE}"
            }}
            """,
            "ResourceNotFoundException: Rule of-nobody does not exist",
            'rule = "of-nobody"',
            id="target of a missing rule",
        ),
        pytest.param(
            _target("one", 'input = "{}"\ninput_path = "$.a"'),
            "Conflicting configuration arguments",
            'input = "{}"',
            id="two inputs",
        ),
        pytest.param(
            _target("one").replace(":sqs:", ":kinesis:"),
            "does not deliver to this target",
            "arn       =",
            id="target that is not delivered",
        ),
        pytest.param(
            _group("/any", "retention_in_days = 2"),
            "expected retention_in_days to be one of [0 1 3 5 7 14",
            "retention_in_days = 2",
            id="retention that is none",
        ),
        pytest.param(
            _group("with space"), "isn't a valid log group name", "name = ", id="group name"
        ),
    ],
)
def test_an_error_says_what_and_where(
    hcl: str, words: str, snippet: str, terraform_workspace: Make
) -> None:
    workspace = terraform_workspace(hcl)
    with pytest.raises(TerraformFailedError) as failure:
        workspace.apply()
    assert words in failure.value.summaries
    assert snippet in failure.value.snippets

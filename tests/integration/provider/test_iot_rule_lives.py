"""The life of topic rules: every action there and back, drift of each, tags, logging options."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.integration.provider.lifecycle import Lead, Life, is_there
from tests.integration.provider.rule_actions import ACTIONS, SERVED, rule
from tests.integration.provider.workspace import TerraformFailedError, TerraformWorkspace

Client = Callable[..., Any]
RULE = "aws_iot_topic_rule.it"
TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
    '"Principal":{"Service":"iot.amazonaws.com"}}]}'
)


@pytest.fixture(scope="module", autouse=True)
def role(aws_client: Client) -> Iterator[None]:
    """The role that every action names; AWS asks for it when a rule is made."""
    iam = aws_client("iam")
    iam.create_role(RoleName="rule_actions", AssumeRolePolicyDocument=TRUST)
    yield
    iam.delete_role(RoleName="rule_actions")


def test_a_topic_rule_lives_from_creation_to_destruction(lead: Lead) -> None:
    def disable(client: Client) -> None:
        client("iot").disable_topic_rule(ruleName="life_rule")

    life = Life(
        address=RULE,
        created=rule("life_rule", ACTIONS["dynamodbv2"]),
        updated=rule("life_rule", ACTIONS["dynamodbv2"] + ACTIONS["republish"], tags="{ a = 1 }"),
        replaced=rule("life_rule_2", ACTIONS["dynamodbv2"]),
        drift=disable,
        drifted=frozenset({"enabled"}),
        vanish=lambda client: client("iot").delete_topic_rule(ruleName="life_rule"),
        exists=lambda client: any(
            is_there(client("iot").get_topic_rule, ruleName=name)
            for name in ("life_rule", "life_rule_2")
        ),
    )
    lead({"it": life})


def test_every_action_goes_through_to_the_api_and_comes_back(
    terraform_workspace: Callable[..., TerraformWorkspace], aws_client: Client
) -> None:
    iot, hcl = aws_client("iot"), rule("every_action", "".join(ACTIONS[kind] for kind in SERVED))
    workspace = terraform_workspace(hcl)
    workspace.apply()
    assert workspace.plan() == {}
    stored = iot.get_topic_rule(ruleName="every_action")["rule"]
    assert len(stored["actions"]) == len(SERVED)
    payload = {"sql": stored["sql"], "awsIotSqlVersion": "2016-03-23"}
    payload["actions"] = _altered(stored["actions"])
    iot.replace_topic_rule(ruleName="every_action", topicRulePayload=payload)
    change = workspace.plan()[RULE]
    assert change.before is not None
    assert change.after is not None
    for kind in SERVED:
        drifted, wanted = _leaves(change.before[kind]), _leaves(change.after[kind])
        assert drifted.keys() == wanted.keys()
        assert not [name for name, values in wanted.items() if values & drifted[name]]
    workspace.apply()
    assert iot.get_topic_rule(ruleName="every_action")["rule"]["actions"] == stored["actions"]
    workspace.destroy()


def test_an_error_action_of_every_kind_goes_through_and_shows_drift(
    terraform_workspace: Callable[..., TerraformWorkspace], aws_client: Client
) -> None:
    iot = aws_client("iot")
    hcl = "".join(
        rule(f"failing_{kind}", f"{ACTIONS['lambda']} error_action {{ {ACTIONS[kind]} }}").replace(
            '"it"', f'"{kind}"'
        )
        for kind in SERVED
    )
    workspace = terraform_workspace(hcl)
    workspace.apply()
    assert workspace.plan() == {}
    for kind in SERVED:
        stored = iot.get_topic_rule(ruleName=f"failing_{kind}")["rule"]
        assert len(stored["errorAction"]) == 1
        payload = {key: stored[key] for key in ("sql", "awsIotSqlVersion", "actions")}
        iot.replace_topic_rule(ruleName=f"failing_{kind}", topicRulePayload=payload)
    changes = workspace.plan()
    assert sorted(address.split(".")[1] for address in changes) == list(SERVED)
    workspace.destroy()


def test_an_action_that_the_embedded_aws_does_not_run_is_refused_by_name(
    terraform_workspace: Callable[..., TerraformWorkspace],
) -> None:
    kinds = sorted(set(ACTIONS) - set(SERVED))
    failing = f"error_action {{ {ACTIONS['firehose']} }}"
    hcl = rule("not_run", ACTIONS["lambda"] + failing) + "".join(
        rule(f"not_run_{kind}", ACTIONS[kind]).replace('"it"', f'"{kind}"') for kind in kinds
    )
    with pytest.raises(TerraformFailedError) as failure:
        terraform_workspace(hcl).apply()
    told = failure.value
    assert told.summaries.count("is not supported by the embedded AWS") == len(kinds) + 1
    for kind in kinds:
        assert f"creating IoT Topic Rule (not_run_{kind})" in told.summaries
    assert "error_action {" in told.snippets


def test_the_order_of_blocks_and_of_dimensions_changes_nothing(
    terraform_workspace: Callable[..., TerraformWorkspace],
) -> None:
    first, second = ACTIONS["lambda"], ACTIONS["lambda"].replace(":some", ":other")
    workspace = terraform_workspace(rule("in_any_order", first + second + ACTIONS["timestream"]))
    workspace.apply()
    turned = ACTIONS["timestream"].replace("sensor_id", "x").replace("zone_id", "sensor_id")
    turned = turned.replace('"x"', '"zone_id"').replace("{x}", "{zone_id}")
    workspace.write(rule("in_any_order", turned + second + first))
    assert workspace.plan() == {}
    workspace.destroy()


def test_a_disabled_rule_stays_disabled(
    terraform_workspace: Callable[..., TerraformWorkspace], aws_client: Client
) -> None:
    workspace = terraform_workspace(rule("off", ACTIONS["lambda"], enabled="false"))
    workspace.apply()
    assert aws_client("iot").get_topic_rule(ruleName="off")["rule"]["ruleDisabled"] is True
    assert workspace.plan() == {}
    workspace.destroy()


def test_logging_options_are_set_changed_and_left_at_destruction(
    terraform_workspace: Callable[..., TerraformWorkspace], aws_client: Client
) -> None:
    hcl = """
        resource "aws_iot_logging_options" "it" {{
          default_log_level = "{}"
          role_arn          = "arn:aws:iam::000000000000:role/rule_actions"
        }}
    """
    iot = aws_client("iot")
    hcl = hcl.replace("000000000000", aws_client("sts").get_caller_identity()["Account"])
    workspace = terraform_workspace(hcl.format("ERROR"))
    workspace.apply()
    assert workspace.plan() == {}
    assert workspace.state("aws_iot_logging_options.it")["id"] == "eu-west-1"
    workspace.write(hcl.format("INFO"))
    assert workspace.plan()["aws_iot_logging_options.it"].actions == ["update"]
    workspace.apply()
    iot.set_v2_logging_options(disableAllLogs=True)
    assert workspace.plan()["aws_iot_logging_options.it"].actions == ["update"]
    workspace.apply()
    assert iot.get_v2_logging_options()["disableAllLogs"] is False
    workspace.destroy()
    assert iot.get_v2_logging_options()["defaultLogLevel"] == "INFO"


_OTHER_NAMES = {
    "INSERT": "UPDATE",
    "JSON": "RAW",
    "MILLISECONDS": "SECONDS",
    "NUMBER": "STRING",
    "STRING": "NUMBER",
    "private": "public-read",
}
"""Of the values that the API takes only from a list, others of the list."""


def _altered(value: Any) -> Any:
    """Return an API structure with every value another one, but the role, which has to exist."""
    if isinstance(value, dict):
        return {k: one if k == "roleArn" else _altered(one) for k, one in value.items()}
    if isinstance(value, list):
        return [_altered(one) for one in value]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return 1 - value
    return _OTHER_NAMES.get(value, f"{value}-altered")


def _leaves(value: Any, name: str = "") -> dict[str, set[Any]]:
    """Return the values of blocks by dotted name, but the role's."""
    found: dict[str, set[Any]] = {}
    if not isinstance(value, dict | list):
        return {} if name.endswith("role_arn") else {name: {value}}
    inner = value.items() if isinstance(value, dict) else ((None, one) for one in value)
    for key, one in inner:
        for path, values in _leaves(one, name if key is None else f"{name}.{key}").items():
            found.setdefault(path, set()).update(values)
    return found

"""The documented examples of rule SQL and of substitution templates, on rules that run."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest

from tests.integration.vectors.bench import V2, Outcome, Properties, RuleBench, Trial
from tests.integration.vectors.compare import Moment, Uuid, decoded, replaced, same
from tests.integration.vectors.examples import Example, each, examples

Outcomes = dict[str, Outcome]
RULES = examples("iot_sql", "sql")
TEMPLATES = examples("substitution", "template")


def payload_of(given: dict[str, Any]) -> bytes:
    if "payload_hex" in given:
        return bytes.fromhex(given["payload_hex"])
    text = given.get("payload_text") or json.dumps(given["payload"], ensure_ascii=False)
    return str(text).encode()


def properties_of(given: dict[str, Any]) -> Properties:
    pairs = tuple((name, value) for name, value in given.items() if name != "user_properties")
    user = tuple((name, value) for name, value in given.get("user_properties", ()))
    return (*pairs, ("user_properties", user)) if user else pairs


def trial_of(example: Example) -> Trial:
    given, context = example.given, example.given.get("context", {})
    client_id = "" if context.get("protocol") == "HTTP" else context.get("clientId", "device")
    version = context.get("awsIotSqlVersion", given.get("awsIotSqlVersion", V2))
    return Trial(
        name=example.name,
        sql=given["sql"],
        topic=given["topic"],
        payload=payload_of(given),
        version=version,
        rule=given.get("ruleName", ""),
        client_id=client_id,
        properties=properties_of(context.get("mqtt5", {})),
        is_silent=not example.expect.get("match", False),
    )


def template_trial(example: Example) -> Trial:
    given = {"sql": f"SELECT * FROM '{example.given['topic']}'", **example.given}
    return Trial(
        name=example.name,
        sql=given["sql"],
        topic=given["topic"],
        payload=json.dumps(given["payload"]).encode(),
        template=given["template"],
    )


@pytest.fixture(scope="module")
def outcomes(bench: RuleBench) -> Outcomes:
    """What came of all examples."""
    trials = [trial_of(example) for example in RULES]
    return bench.run(trials + [template_trial(example) for example in TEMPLATES])


def expected_output(example: Example) -> Any:
    context = example.given.get("context", {})
    stand_ins: dict[Any, Any] = {}
    if "traceId" in context:
        stand_ins[context["traceId"]] = Uuid()
    if "now_ms" in example.given:
        stand_ins[example.given["now_ms"]] = Moment(time.time_ns() // 1_000_000)
    return replaced(example.expect["output"], stand_ins)


@each(RULES)
def test_a_rule_lets_out_what_the_documentation_says(example: Example, outcomes: Outcomes) -> None:
    outcome, expect = outcomes[example.name], example.expect
    if "error_type" in expect:
        assert outcome.refused is not None, f"the rule was accepted: {example.given['sql']}"
        assert outcome.refused.response["Error"]["Code"] == expect["error_type"]
        return
    assert outcome.refused is None, outcome.refused
    if not expect["match"]:
        assert outcome.messages == []
        return
    assert len(outcome.messages) == 1, f"{len(outcome.messages)} messages came out"
    found = decoded(outcome.messages[0][1])
    numeric = expect.get("compare") == "numeric"
    assert same(found, expected_output(example), numeric=numeric), found


@each(TEMPLATES)
def test_a_template_becomes_what_the_documentation_says(
    example: Example, outcomes: Outcomes
) -> None:
    outcome, expect = outcomes[example.name], example.expect
    assert outcome.refused is None, outcome.refused
    ((value, payload),) = outcome.messages
    if "value_regex" in expect:
        assert re.search(expect["value_regex"], value)
    else:
        assert value == expect.get("value", "")
    if "output" in expect:
        assert same(decoded(payload), expected_output(example))

"""What the pages of AWS print, asked of the reader and the evaluator alone."""

from __future__ import annotations

import base64
import json
import math
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lab_utils.local_aws.rules.sql.errors import SqlParseError
from lab_utils.local_aws.rules.sql.statement import parse_statement
from tests.unit.local_aws.rules.sql.asking import json_of, text_of

DATA = Path(__file__).resolve().parents[4] / "data"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NEEDS_THE_BROKER = {"v155", "v159", "d202", "d203", "d204"}
"""Examples of topics that a filter does not take: no rule sees such a message."""


def examples(area: str) -> list[dict[str, Any]]:
    found = []
    for name in ("aws_vectors.json", "documented_examples.json"):
        entries = json.loads((DATA / name).read_text(encoding="utf-8"))
        found += [entry for entry in entries if entry["area"] == area]
    return [
        entry
        for entry in found
        if not entry.get("doc_conflict") and entry["id"] not in NEEDS_THE_BROKER
    ]


def about(given: dict[str, Any]) -> dict[str, Any]:
    context = given.get("context", {})
    prefix = f"$aws/rules/{given.get('ruleName')}/"
    is_http = context.get("protocol") == "HTTP"
    return {
        "topic": given["topic"].removeprefix(prefix),
        "client_id": None if is_http else context.get("clientId", "device"),
        "trace_id": context.get("traceId", ""),
        "account": context.get("accountId", ""),
        "now_ms": given.get("now_ms", 1_700_000_000_000),
        "properties": properties_of(context.get("mqtt5")),
        "version": context.get("awsIotSqlVersion", given.get("awsIotSqlVersion", "2016-03-23")),
    }


def properties_of(mqtt5: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return MQTT 5 properties as the broker hands them on: binary data in base64."""
    if mqtt5 is None or "correlation_data" not in mqtt5:
        return mqtt5
    data = base64.b64encode(str(mqtt5["correlation_data"]).encode()).decode()
    return {**mqtt5, "correlation_data": data}


def payload_of(given: dict[str, Any]) -> bytes | str:
    if "payload_hex" in given:
        return bytes.fromhex(given["payload_hex"])
    return str(given.get("payload_text") or json.dumps(given["payload"], ensure_ascii=False))


def is_close(found: Any, expected: Any) -> bool:
    if isinstance(found, dict) and isinstance(expected, dict):
        return found.keys() == expected.keys() and all(
            is_close(found[key], expected[key]) for key in found
        )
    if isinstance(found, int | Decimal) and isinstance(expected, int | Decimal):
        return math.isclose(found, expected, rel_tol=1e-14)
    return bool(found == expected)


@pytest.mark.parametrize("example", examples("iot_sql"), ids=lambda entry: entry["id"])
def test_a_statement_lets_out_what_the_documentation_prints(example: dict[str, Any]) -> None:
    given, expect = example["given"], example["expect"]
    if "error_type" in expect:
        with pytest.raises(SqlParseError):
            parse_statement(given["sql"], "2016-03-23")
        return
    found = json_of(given["sql"], payload_of(given), **about(given))
    if not expect["match"]:
        assert found is None
        return
    assert found is not None
    if "newuuid()" in given["sql"]:
        assert UUID.fullmatch(json.loads(found)["r"])
        return
    if isinstance(expect["output"], str) and not found.startswith('"'):
        assert found == expect["output"]
        return
    expected = json.loads(json.dumps(expect["output"]), parse_float=Decimal)
    assert is_close(json.loads(found, parse_float=Decimal), expected), found


@pytest.mark.parametrize("example", examples("substitution"), ids=lambda entry: entry["id"])
def test_a_template_becomes_what_the_documentation_prints(example: dict[str, Any]) -> None:
    given, expect = example["given"], example["expect"]
    found = text_of(given["template"], given["payload"], **about(given))
    if "value_regex" in expect:
        assert re.fullmatch(expect["value_regex"].strip("^$"), found)
    else:
        assert found == expect.get("value", "")

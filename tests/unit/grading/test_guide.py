"""The instructor's guide in the README: its example works, its numbers are those of the code."""

from __future__ import annotations

import re
from typing import NoReturn

import boto3
import pytest
from botocore.stub import Stubber

from lab_utils.checks.base import CheckContext, run_check
from lab_utils.grading.sandbox.limits import Limits
from lab_utils.grading.verification.hidden import load_sources
from lab_utils.settings import CHECKOUT

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
GUIDE = README.split("### As an instructor")[1].split("\n## ")[0]
(EXAMPLE,) = re.findall(r"^```python\n(.*?)^```", GUIDE, re.M | re.S)


def no_device(name: str) -> NoReturn:
    raise AssertionError(name)


@pytest.mark.parametrize(
    ("table", "earned"),
    [({"BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}}, 5), ({}, 0)],
)
def test_the_guides_check_is_one_that_grading_takes(table: dict[str, object], earned: int) -> None:
    (check,) = load_sources({"billing.py": EXAMPLE})
    client = boto3.client(
        "dynamodb", "eu-west-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    with Stubber(client) as stub:
        stub.add_response("describe_table", {"Table": table}, {"TableName": "Temperature"})
        context = CheckContext(client=lambda _service: client, outputs={}, device=no_device)
        result = run_check(check, context)
    assert (result.id, result.earned, result.points) == ("own-billing", earned, 5)


def test_the_guide_names_the_limits_that_a_submission_has() -> None:
    limits = Limits()
    words = " ".join(GUIDE.split())
    assert f"may use {limits.seconds:.0f} seconds" in words
    assert f"{limits.memory_mb // 1024} GB of memory and {limits.processes} processes" in words
    assert f"{limits.cell_mb // 1024} GB in all, and {limits.disk_mb // 1024} GB of files" in words

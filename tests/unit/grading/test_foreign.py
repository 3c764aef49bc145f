"""What was made beside Terraform is taken away before anything is looked at."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from lab_utils.grading.verification import foreign
from lab_utils.grading.verification.foreign_permissions import remove_foreign_permissions
from lab_utils.teardown.calls import Call
from lab_utils.teardown.leftovers import Leftover
from lab_utils.teardown.ownership import BY_HAND, IN_STATE, NAMED, REMEMBERED
from lab_utils.teardown.survey import Survey


class _Client:
    def __init__(self, called: list[str]) -> None:
        self._called = called

    def __getattr__(self, name: str) -> Any:
        return lambda **arguments: self._called.append(f"{name} {arguments['Name']}")


def _found(service: str, name: str, why: str, kind: str = "table") -> Leftover:
    return Leftover(service, kind, name, why, (Call("x", "delete", {"Name": name}),))


def _survey(*found: Leftover) -> Survey:
    return Survey(found, (), (), {})


def test_only_what_terraform_made_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = (
        _found("DynamoDB", "own", IN_STATE),
        _found("DynamoDB", "Temperature", NAMED),
        _found("IoT Core", "rule", BY_HAND),
        _found("IoT Core", "claimed", REMEMBERED),
        _found("Timestream", "iot.t", "made by hand in the database iot"),
        _found("S3", "packages", BY_HAND),
        _found("CloudWatch Logs", "/aws/lambda/f", "Lambda made it"),
        _found("IoT Core", "DISABLED", BY_HAND, kind="logging options"),
    )
    monkeypatch.setattr(foreign, "survey", lambda *_: _survey(*found))
    called: list[str] = []

    remark = foreign.remove_foreign(tmp_path, lambda _name: _Client(called), {})

    assert Counter(called) == Counter(
        f"delete {name}" for name in ("Temperature", "rule", "claimed", "iot.t")
    )
    assert "DynamoDB table Temperature; IoT Core table rule" in remark


def test_nothing_is_said_where_terraform_made_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign, "survey", lambda *_: _survey(_found("DynamoDB", "own", IN_STATE)))
    assert foreign.remove_foreign(tmp_path, lambda _name: _Client([]), {}) == ""


class _Iam:
    """Two roles: Terraform's own, and one that is gone."""

    class exceptions:  # noqa: N801 - as boto3 calls it
        class NoSuchEntityException(Exception):  # noqa: N818 - as boto3 calls it
            pass

    def __init__(self) -> None:
        self.inline = ["own", "forged"]
        self.attached = ["arn:own", "arn:list", "arn:forged"]

    def get_paginator(self, operation: str) -> _Iam:
        self._operation = operation
        return self

    def paginate(self, RoleName: str) -> list[dict[str, Any]]:  # noqa: N803 - boto3's
        if RoleName != "iot_role":
            raise self.exceptions.NoSuchEntityException
        if self._operation == "list_role_policies":
            return [{"PolicyNames": [name]} for name in self.inline]
        return [{"AttachedPolicies": [{"PolicyArn": arn} for arn in self.attached]}]

    def delete_role_policy(self, RoleName: str, PolicyName: str) -> None:  # noqa: ARG002, N803
        self.inline = [name for name in self.inline if name != PolicyName]

    def detach_role_policy(self, RoleName: str, PolicyArn: str) -> None:  # noqa: ARG002, N803
        self.attached = [arn for arn in self.attached if arn != PolicyArn]


def _resource(kind: str, **attributes: object) -> dict[str, Any]:
    return {"mode": "managed", "type": kind, "instances": [{"attributes": attributes}]}


def test_a_role_of_terraform_keeps_the_policies_that_terraform_gave_it() -> None:
    state = {
        "resources": [
            _resource("aws_iam_role", name="iot_role"),
            _resource("aws_iam_role", name="gone"),
            _resource("aws_iam_role_policy", name="own", role="iot_role"),
            _resource("aws_iam_role_policy_attachment", role="iot_role", policy_arn="arn:own"),
            _resource("aws_iam_policy_attachment", roles=["iot_role"], policy_arn="arn:list"),
        ]
    }
    iam = _Iam()
    said = remove_foreign_permissions(lambda _name: iam, state)
    assert (iam.inline, iam.attached) == (["own"], ["arn:own", "arn:list"])
    assert said == [
        "IAM policy forged of the role iot_role",
        "IAM policy arn:forged attached to the role iot_role",
    ]

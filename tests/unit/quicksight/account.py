"""A QuickSight of the tests: answers that were agreed upon, and requests held to AWS's model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from botocore.stub import Stubber

from lab_utils.quicksight.quicksight import QuickSight
from lab_utils.settings import Settings

ACCOUNT = "123456789012"
OWNER = f"arn:aws:quicksight:eu-west-1:{ACCOUNT}:user/default/ada"
SOURCE, DATA_SET, DASHBOARD = (
    f"arn:aws:quicksight:eu-west-1:{ACCOUNT}:{kind}/practical-aws-iot-{name}"
    for kind, name in (
        ("datasource", "timestream"),
        ("dataset", "readings"),
        ("dashboard", "house"),
    )
)
REQUEST = {"RequestId": "r", "Status": 200}


def client(service: str) -> Any:
    """Return a client that reaches nobody."""
    return boto3.client(
        service,  # type: ignore[call-overload]
        region_name="eu-west-1",
        aws_access_key_id="k",
        aws_secret_access_key="s",
    )


class Account:
    """QuickSight of one account, whose conversation is known beforehand.

    Args:
        target: ``aws``, or ``local`` for a lab without QuickSight.
    """

    def __init__(self, target: str = "aws") -> None:
        self.lines: list[str] = []
        self._clients = {name: client(name) for name in ("quicksight", "sts")}
        self._stubs = {name: Stubber(one) for name, one in self._clients.items()}
        self._expected: list[dict[str, Any]] = []
        events = self._clients["quicksight"].meta.events
        events.register("provide-client-params.quicksight.*", self._check)
        for stub in self._stubs.values():
            stub.activate()
        settings = Settings(target, Path("nowhere"), "eu-west-1", 1)
        self.quicksight = QuickSight(settings, self._client, self.lines.append, timeout_s=0)

    @property
    def told(self) -> str:
        """All that the reader was told."""
        return "\n".join(self.lines)

    def answers(self, operation: str, answer: dict[str, Any], **expected: Any) -> None:
        """Let an operation answer once; the request has at least these arguments."""
        self._expected.append(expected)
        self._stubs["quicksight"].add_response(operation, {**answer, **REQUEST})

    def refuses(self, operation: str, code: str, message: str = "no") -> None:
        """Let an operation fail once."""
        self._expected.append({})
        status = 404 if code == "ResourceNotFoundException" else 400
        self._stubs["quicksight"].add_client_error(operation, code, message, status)

    def lacks(self, *operations: str) -> None:
        """Let operations say that there is no such thing."""
        for operation in operations:
            self.refuses(operation, "ResourceNotFoundException")

    def is_subscribed(self) -> None:
        """Let the account have QuickSight."""
        info = {
            "AccountName": "house",
            "Edition": "ENTERPRISE",
            "AccountSubscriptionStatus": "ACCOUNT_CREATED",
        }
        self.answers("describe_account_subscription", {"AccountInfo": info})

    def is_done(self) -> None:
        """Assert that everything that was agreed upon was asked for."""
        self._stubs["quicksight"].assert_no_pending_responses()

    def _check(self, params: dict[str, Any], model: Any, **_more: Any) -> None:
        """Assert what was agreed upon, and what botocore does not check of AWS's model."""
        expected = self._expected.pop(0)
        assert {key: params.get(key) for key in expected} == expected
        assert list(violations(model.input_shape, params, model.name)) == []

    def _client(self, service: str) -> Any:
        if service == "sts":
            self._stubs["sts"].add_response("get_caller_identity", {"Account": ACCOUNT})
        return self._clients[service]


def violations(shape: Shape, value: Any, at: str) -> Iterator[str]:
    """Yield where a value is not as its shape in AWS's model."""
    if isinstance(shape, StructureShape):
        yield from (f"{at}.{name} is unknown" for name in set(value) - set(shape.members))
        yield from (f"{at}.{name} is missing" for name in set(shape.required_members) - set(value))
        for name in set(value) & set(shape.members):
            yield from violations(shape.members[name], value[name], f"{at}.{name}")
    elif isinstance(shape, ListShape):
        yield from length_problem(shape, value, at)
        for index, item in enumerate(value):
            yield from violations(shape.member, item, f"{at}[{index}]")
    elif isinstance(shape, MapShape):
        for key, item in value.items():
            yield from violations(shape.key, key, f"{at} key")
            yield from violations(shape.value, item, f"{at}.{key}")
    elif isinstance(shape, StringShape):
        yield from length_problem(shape, value, at)
        pattern = shape.metadata.get("pattern")
        if shape.enum and value not in shape.enum:
            yield f"{at} is {value}, not one of {shape.enum}"
        if pattern and not re.fullmatch(pattern, value):
            yield f"{at} is {value}, which is not {pattern}"


def length_problem(shape: Shape, value: Any, at: str) -> Iterator[str]:
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max", float("inf"))
    if not least <= len(value) <= most:
        yield f"{at} has {len(value)} items, not {least} to {most}"

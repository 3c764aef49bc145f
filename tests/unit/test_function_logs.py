"""The log of a Lambda function: its lines read, waited for and followed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from lab_utils.errors import FunctionError, LogError
from lab_utils.function_log_lines import read_lines
from lab_utils.function_logs import FunctionLog, log_texts

FIRST, SECOND = "0a7c1e0e-5d26-4a3d-8a4e-1f2f3a4b5c6d", "9b8c7d6e-1111-4222-8333-444455556666"
STREAM = "2026/11/28/[$LATEST]0123456789abcdef0123456789abcdef"
OTHER = "2026/11/28/[$LATEST]fedcba9876543210fedcba9876543210"
NOON_MS = int(datetime(2026, 11, 28, 12, tzinfo=UTC).timestamp() * 1000)


def event(message: str, stream: str = STREAM, at_ms: int = 0) -> dict[str, Any]:
    return {"logStreamName": stream, "timestamp": NOON_MS + at_ms, "message": message}


@pytest.mark.parametrize(
    ("raw", "level", "request_id", "message"),
    [
        (
            f"START RequestId: {FIRST} Version: $LATEST\n",
            "START",
            FIRST,
            f"START RequestId: {FIRST} Version: $LATEST",
        ),
        (f"END RequestId: {FIRST}\n", "END", FIRST, f"END RequestId: {FIRST}"),
        (
            "INIT_START Runtime Version: python:3.13.v1\tRuntime Version ARN: arn:aws:x\n",
            "INIT_START",
            None,
            "INIT_START Runtime Version: python:3.13.v1\tRuntime Version ARN: arn:aws:x",
        ),
        (
            f"[INFO]\t2026-11-28T12:00:00.123Z\t{FIRST}\tzone 1: on\nand more\n",
            "INFO",
            FIRST,
            "zone 1: on\nand more",
        ),
        ("[WARNING]\t2026-11-28T12:00:00.123Z\t\tat import\n", "WARNING", None, "at import"),
        (
            "[ERROR] KeyError: 'zone_id'\rTraceback (most recent call last):\r\xa0\xa0File",
            "ERROR",
            None,
            "KeyError: 'zone_id'\nTraceback (most recent call last):\n  File",
        ),
        (
            f"2026-11-28T12:00:00.123Z {FIRST} Task timed out after 3.00 seconds\n\n",
            "ERROR",
            FIRST,
            "Task timed out after 3.00 seconds",
        ),
        ("STARTED by hand\n", None, None, "STARTED by hand"),
        ("{'no': json}", None, None, "{'no': json}"),
        ('{"printed": 1}', None, None, '{"printed": 1}'),
        (
            f'{{"level": "INFO", "message": "zone 1: on", "requestId": "{FIRST}"}}',
            "INFO",
            FIRST,
            "zone 1: on",
        ),
        (
            f'{{"type": "platform.start", "record": {{"requestId": "{FIRST}"}}}}',
            "START",
            FIRST,
            f'{{"type": "platform.start", "record": {{"requestId": "{FIRST}"}}}}',
        ),
    ],
)
def test_each_kind_of_line_is_read(
    raw: str, level: str | None, request_id: str | None, message: str
) -> None:
    (line,) = read_lines([event(raw)])
    assert (line.level, line.request_id, line.message) == (level, request_id, message)
    assert line.stream == "89abcdef"


def test_what_is_printed_belongs_to_the_invocation_of_its_own_stream() -> None:
    lines = read_lines(
        [
            event("at import"),
            event(f"START RequestId: {FIRST} Version: $LATEST"),
            event(f"START RequestId: {SECOND} Version: $LATEST", OTHER),
            event("of the first"),
            event("of the second", OTHER),
            event(f"END RequestId: {FIRST}"),
            event(f"REPORT RequestId: {FIRST}\tDuration: 1.00 ms"),
            event("between two invocations"),
        ]
    )
    told = {line.message: line.request_id for line in lines if line.level is None}
    assert told == {
        "at import": None,
        "of the first": FIRST,
        "of the second": SECOND,
        "between two invocations": None,
    }


class FakeAws:
    """CloudWatch Logs with one group, and Lambda with one function."""

    def __init__(self) -> None:
        self.batches: Iterator[list[dict[str, Any]]] = iter([])
        self.asked: list[dict[str, Any]] = []
        self.error: Exception | None = None
        self.function_error: Exception | None = None

    def __call__(self, service: str) -> FakeAws:
        assert service in ("lambda", "logs")
        return self

    def get_function_configuration(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803
        if self.function_error:
            raise self.function_error
        own = {"LoggingConfig": {"LogGroup": "own"}} if FunctionName == "with_own" else {}
        return {"Role": "arn:aws:iam::123456789012:role/path/lambda_role", **own}

    def get_paginator(self, operation: str) -> FakeAws:
        assert operation in ("filter_log_events", "list_functions")
        return self

    def paginate(self, **arguments: Any) -> Iterator[dict[str, Any]]:
        if not arguments:
            yield {"Functions": [{"FunctionName": "another"}]}
            return
        self.asked.append(arguments)
        if self.error:
            raise self.error
        found = next(self.batches, None)
        if found is None:
            raise KeyboardInterrupt
        for one in found:  # a page an entry
            yield {"events": [one]}


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "FilterLogEvents")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    monkeypatch.setattr("lab_utils.function_logs._POLL_S", 0)
    return FakeAws()


def test_all_pages_become_one_typed_frame(aws: FakeAws) -> None:
    texts = [f"START RequestId: {FIRST} Version: $LATEST", "printed", f"END RequestId: {FIRST}"]
    aws.batches = iter([[event(text, at_ms=n) for n, text in enumerate(texts)]])
    frame = FunctionLog(aws, "cooler", "zone").wait(None, 0, None, 0)
    assert [str(dtype) for dtype in frame.dtypes] == ["datetime64[ns, UTC]", *["string"] * 4]
    assert list(frame.columns) == ["time", "stream", "request_id", "level", "message"]
    assert frame.level.isna().tolist() == [False, True, False]
    assert set(frame.request_id) == {FIRST}
    assert frame.time[2] == pd.Timestamp("2026-11-28 12:00:00.002Z")
    assert aws.asked == [
        {"logGroupName": "/aws/lambda/cooler", "startTime": 0, "filterPattern": "zone"}
    ]
    assert log_texts(frame)[1] == "12:00:00 printed"


def test_an_empty_log_is_an_empty_frame_of_the_same_types(aws: FakeAws) -> None:
    aws.batches = iter([[]])
    frame = FunctionLog(aws, "cooler").wait(None, 0, None, 0)
    assert [str(dtype) for dtype in frame.dtypes] == ["datetime64[ns, UTC]", *["string"] * 4]
    assert frame.empty


def test_the_functions_own_log_group_is_read(aws: FakeAws) -> None:
    aws.batches = iter([[]])
    since = datetime(2026, 11, 28, 12, tzinfo=UTC)
    FunctionLog(aws, "with_own").wait(since, 0, None, 0)
    assert aws.asked == [{"logGroupName": "own", "startTime": NOON_MS}]


def test_following_prints_each_entry_once_also_late_and_equal_ones(aws: FakeAws) -> None:
    printed: list[str] = []
    first = [event("tick", at_ms=500), event("tick", at_ms=500)]
    late = event("[INFO]\t2026-11-28T12:00:00.100Z\tid\tlate", OTHER, at_ms=100)
    aws.batches = iter([[], first, [late, *first], [late, *first, event("tock", at_ms=900)]])
    since = datetime(2026, 11, 28, 12, tzinfo=UTC)
    frame = FunctionLog(aws, "cooler").follow(since, None, None, printed.append)
    assert printed == [
        "12:00:00 tick",
        "12:00:00 tick",
        "12:00:00 INFO late",
        "12:00:00 tock",
        "no longer following cooler",
    ]
    assert frame.message.tolist() == ["tick", "tick", "late", "tock"]


def test_following_looks_back_a_real_minute_in_lab_time(aws: FakeAws) -> None:
    aws.batches = iter([[], [event("tick", at_ms=7_200_000)], []])
    since = datetime(2026, 11, 28, 12, tzinfo=UTC)
    FunctionLog(aws, "cooler", speed=60).follow(since, None, None, lambda _line: None)
    starts = [asked["startTime"] - NOON_MS for asked in aws.asked]
    assert starts == [0, 0, 3_600_000, 3_600_000]


@pytest.mark.parametrize("ending", ["until", "timeout"])
def test_following_ends_when_it_was_told_to(aws: FakeAws, ending: str) -> None:
    aws.batches = iter([[], [event("one")], [event("two", at_ms=1)]])
    until: Callable[[pd.DataFrame], bool] | None = None
    if ending == "until":
        until = lambda frame: len(frame) > 1  # noqa: E731
    since, timeout_s = datetime(2026, 11, 28, 12, tzinfo=UTC), None if until else 0.0
    frame = FunctionLog(aws, "cooler").follow(since, until, timeout_s, lambda _line: None)
    assert len(frame) == (2 if until else 1)


def test_without_a_log_the_reasons_are_named(aws: FakeAws) -> None:
    aws.error = client_error("ResourceNotFoundException")
    with pytest.raises(LogError) as caught:
        FunctionLog(aws, "cooler").wait(None, 0, None, 0)
    assert "never invoked, or its role lambda_role may not write" in caught.value.happened
    assert "logs:CreateLogStream" in caught.value.next_step
    aws.function_error = client_error("ResourceNotFoundException")
    with pytest.raises(LogError, match="The functions of this account and region: another"):
        FunctionLog(aws, "cooler").wait(None, 0, None, 0)


def test_following_a_function_without_a_log_says_why_and_waits(aws: FakeAws) -> None:
    aws.error = client_error("ResourceNotFoundException")
    printed: list[str] = []
    since = datetime(2026, 11, 28, 12, tzinfo=UTC)
    frame = FunctionLog(aws, "cooler").follow(since, None, 0.0, printed.append)
    assert frame.empty
    assert "waiting for entries: There is no log group /aws/lambda/cooler" in printed[0]


def test_what_did_not_come_is_an_error_that_says_so(aws: FakeAws) -> None:
    aws.batches = iter([[event("one")], [event("one")]])
    with pytest.raises(LogError, match="it holds 1 rows"):
        FunctionLog(aws, "cooler").wait(None, 2, None, 0)


def test_other_refusals_and_outages_are_told(aws: FakeAws) -> None:
    aws.error = client_error("AccessDeniedException")
    with pytest.raises(LogError, match="CloudWatch Logs refused"):
        FunctionLog(aws, "cooler").wait(None, 0, None, 0)
    aws.function_error = EndpointConnectionError(endpoint_url="http://127.0.0.1:9")
    with pytest.raises(FunctionError, match="Lambda does not answer"):
        FunctionLog(aws, "cooler")


@pytest.mark.parametrize("since", ["yesterday", datetime(2026, 11, 28, 12), 5])
def test_a_beginning_that_is_no_moment_is_said(aws: FakeAws, since: Any) -> None:
    with pytest.raises(LogError, match="no time with a zone"):
        FunctionLog(aws, "cooler").wait(since, 0, None, 0)

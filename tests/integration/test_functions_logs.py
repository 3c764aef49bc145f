"""What a function leaves in CloudWatch Logs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from lab_utils.local_aws.functions.environment import LARGEST_LOG
from lab_utils.local_aws.session_file import Session
from lab_utils.settings import Settings
from tests.integration.lambdas import LOGGING, Lambdas
from tests.integration.things import wait_until

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
REPORT = (
    rf"REPORT RequestId: {UUID}\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\t"
    r"Memory Size: 256 MB\tMax Memory Used: [1-9]\d* MB\t"
)
STORY = r"""
import logging
import os
import sys

logging.basicConfig(level=logging.DEBUG, format="never seen")
logger = logging.getLogger()
print("at import")

def lambda_handler(event, context):
    logger.info("not seen: the level is WARNING")
    logger.warning("two\nlines")
    print("two\nprints", end="")
    sys.stdout.flush()
    os.write(1, b"past Python \xff\n")
    logger.setLevel(logging.INFO)
    logger.info("seen")
    logger.setLevel(logging.WARNING)
    if event.get("fails"):
        raise ValueError("no")
"""


@pytest.fixture
def lambdas(aws_session: Session, unique: Callable[[str], str]) -> Lambdas:
    return Lambdas(aws_session, unique)


def test_a_log_tells_the_story_of_its_environment(lambdas: Lambdas) -> None:
    name = lambdas.create(STORY, MemorySize=256)
    for _ in range(2):
        lambdas.invoke(name)
    (stream,) = lambdas.streams(name)
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", stream)
    messages = lambdas.messages(name)
    assert re.fullmatch(
        r"INIT_START Runtime Version: python:3\.13\.v\d+\t"
        r"Runtime Version ARN: arn:aws:lambda:eu-west-1::runtime:[0-9a-f]{64}\n",
        messages[0],
    )
    assert messages[1] == "at import\n"
    cold, warm = messages[2:10], messages[10:]
    for one in (cold, warm):
        assert re.fullmatch(rf"START RequestId: {UUID} Version: \$LATEST\n", one[0])
        request_id = one[0].split()[2]
        assert re.fullmatch(rf"\[WARNING\]\t{MOMENT}\t{request_id}\ttwo\nlines\n", one[1])
        assert [text for text in one if text.startswith(("two", "prints"))] == ["two\n", "prints"]
        assert "past Python \ufffd\n" in one
        (seen,) = [text for text in one if text.startswith("[INFO]")]
        assert re.fullmatch(rf"\[INFO\]\t{MOMENT}\t{request_id}\tseen\n", seen)
        assert one[-2] == f"END RequestId: {request_id}\n"
        assert request_id in one[-1]
    assert len(warm) == len(cold)
    assert re.fullmatch(REPORT + r"Init Duration: \d+\.\d\d ms\t\n", cold[-1])
    assert re.fullmatch(REPORT + "\n", warm[-1])


def test_an_error_is_one_entry_with_its_trace(lambdas: Lambdas) -> None:
    name = lambdas.create(STORY)
    lambdas.invoke(name, {"fails": True})
    (error,) = [text for text in lambdas.messages(name) if text.startswith("[ERROR]")]
    assert error == (
        "[ERROR] ValueError: no\n"
        "Traceback (most recent call last):\n"
        '\u00a0\u00a0File "/var/task/lambda_function.py", line 20, in lambda_handler\n'
        '\u00a0\u00a0\u00a0\u00a0raise ValueError("no")\n'
    )


def test_a_timeout_stands_in_the_log_and_the_next_start_goes_on_in_it(lambdas: Lambdas) -> None:
    name = lambdas.create("import time\ndef lambda_handler(e, c): time.sleep(9)\n", Timeout=1)
    for _ in range(2):
        lambdas.invoke(name)
    messages = lambdas.messages(name)
    assert len([text for text in messages if text.startswith("INIT_START")]) == 1
    late = [text for text in messages if "Task timed out" in text]
    assert len(late) == 2
    assert re.fullmatch(rf"{MOMENT} {UUID} Task timed out after 1\.00 seconds\n\n", late[0])
    reports = [text for text in messages if text.startswith("REPORT")]
    assert all(text.endswith("\tStatus: timeout\n") for text in reports)
    assert ["Init Duration" in text for text in reports] == [True, False]


def test_a_start_that_fails_is_reported(lambdas: Lambdas) -> None:
    name = lambdas.create("import pandas")
    lambdas.invoke(name)
    start, error, report, *rest = lambdas.messages(name)
    assert start.startswith("INIT_START")
    assert error.startswith("[ERROR] Runtime.ImportModuleError: Unable to import module")
    assert re.fullmatch(
        r"INIT_REPORT Init Duration: \d+\.\d\d ms\tPhase: init\tStatus: error\t"
        r"Error Type: Runtime\.ImportModuleError\n",
        report,
    )
    assert [text.split()[0] for text in rest] == ["START", "END", "REPORT"]


def test_the_tail_is_the_last_four_kilobytes(lambdas: Lambdas) -> None:
    code = "def lambda_handler(e, c):\n    for n in range(900): print(f'line {n:03d}')\n"
    answer = lambdas.run(code)
    assert 3_900 <= len("\n".join(answer.lines)) <= 4_096
    assert "line 899" in answer.lines
    assert "line 100" not in answer.lines
    assert answer.lines[-1].startswith("REPORT")


@pytest.mark.parametrize("ending", ["\\n", ""])
def test_of_a_flood_a_part_is_kept_and_the_next_invocation_is_logged_anew(
    lambdas: Lambdas, ending: str
) -> None:
    code = (
        "def lambda_handler(event, context):\n"
        "    for _ in range(event['times']):\n"
        f"        print('x' * 100_000, end='{ending}')\n"
        "    return 'done'\n"
    )
    name = lambdas.create(code, Timeout=60)
    for times in (80, 1):
        answer = lambdas.invoke(name, {"times": times})
        assert (answer.payload, answer.lines[-1].split()[0]) == ("done", "REPORT")
    told = lambdas.messages(name)
    assert LARGEST_LOG < sum(map(len, told)) < LARGEST_LOG + 600_000
    assert len([one for one in told if "what follows is left out" in one]) == 1
    assert told[-3].startswith("x" * 100)


def test_a_role_that_may_not_log_leaves_no_log_and_the_lab_says_so(
    lambdas: Lambdas, aws_settings: Settings
) -> None:
    group_only = {action: "*" for action in LOGGING if action.endswith("Stream")}
    role = lambdas.role({**group_only, "logs:PutLogEvents": "*"})
    name = lambdas.create("def lambda_handler(e, c): print('said')\n", role=role)
    assert "said" in lambdas.invoke(name).lines
    groups = lambdas.logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")
    assert groups["logGroups"] == []
    log = (aws_settings.state_dir / "aws.log").read_text(encoding="utf-8")
    assert f"The function {name} logs nothing" in log
    assert "may not logs:CreateLogGroup on arn:aws:logs:eu-west-1:" in log
    # A group that somebody else made will do.
    lambdas.logs.create_log_group(logGroupName=f"/aws/lambda/{name}")
    lambdas.invoke(name)
    assert "said\n" in lambdas.messages(name)


def test_a_long_invocation_is_logged_while_it_runs(lambdas: Lambdas) -> None:
    code = "import time\ndef lambda_handler(e, c):\n    print('begun')\n    time.sleep(3)\n"
    name = lambdas.create(code, Timeout=20)
    lambdas.invoke(name, InvocationType="Event")

    def found() -> list[str]:
        groups = lambdas.logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")
        return lambdas.messages(name) if groups["logGroups"] else []

    messages = wait_until(lambda: "begun\n" in found() and found(), "a line")
    assert not [text for text in messages if text.startswith("END")]


def test_a_log_of_json_documents(lambdas: Lambdas) -> None:
    code = """
import logging
logger = logging.getLogger("house")

def lambda_handler(event, context):
    logger.info("warm", extra={"zone_id": 1})
    raise KeyError("x")
"""
    configured = {"LogFormat": "JSON", "ApplicationLogLevel": "INFO"}
    name = lambdas.create(code, LoggingConfig=configured)
    lambdas.invoke(name)
    documents = [json.loads(text) for text in lambdas.messages(name)]
    kinds = [document.get("type", document.get("level")) for document in documents]
    assert kinds == ["platform.initStart", "platform.start", "INFO", "ERROR", "platform.report"]
    assert documents[2]["message"] == "warm"
    assert (documents[2]["logger"], documents[2]["zone_id"]) == ("house", 1)
    assert documents[3]["errorType"] == "KeyError"
    assert documents[4]["record"]["status"] == "error"

"""What a function's error looks like to whoever called it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from lab_utils.local_aws.session_file import Session
from tests.integration.conftest import client_of
from tests.integration.lambdas import ECHO, Lambdas, packed

SIX_MB = 6 * 1024 * 1024


@pytest.fixture
def lambdas(aws_session: Session, unique: Callable[[str], str]) -> Lambdas:
    return Lambdas(aws_session, unique)


@pytest.mark.parametrize(
    ("code", "handler", "error_type", "message"),
    [
        ("x = 1", "m.nope", "Runtime.HandlerNotFound", "Handler 'nope' missing on module 'm'"),
        (
            "x = 1",
            "nodot",
            "Runtime.MalformedHandlerName",
            "Bad handler 'nodot': not enough values to unpack (expected 2, got 1)",
        ),
        (
            "x = 1",
            "sys.exit",
            "Runtime.BuiltInModuleConflict",
            "Cannot use built-in module sys as a handler module",
        ),
        (
            "import pandas",
            "m.f",
            "Runtime.ImportModuleError",
            "Unable to import module 'm': No module named 'pandas'",
        ),
        (
            "x = 1",
            "ac_control_lambda.f",
            "Runtime.ImportModuleError",
            "Unable to import module 'ac_control_lambda': No module named 'ac_control_lambda'",
        ),
        (
            "def f(:",
            "m.f",
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module 'm': invalid syntax (m.py, line 1)",
        ),
    ],
)
def test_a_handler_that_cannot_be_loaded_is_named(
    lambdas: Lambdas, code: str, handler: str, error_type: str, message: str
) -> None:
    answer = lambdas.invoke(lambdas.create({"m.py": code}, handler=handler))
    assert (answer.status, answer.error) == (200, "Unhandled")
    assert answer.payload["errorType"] == error_type
    assert answer.payload["errorMessage"] == message
    assert answer.payload["requestId"] == ""
    assert list(answer.payload) == ["errorMessage", "errorType", "requestId", "stackTrace"]
    assert answer.lines[0] == f"[ERROR] {error_type}: {message}"
    assert answer.lines[-1].endswith(f"\tStatus: error\tError Type: {error_type}")


def test_the_error_of_an_event_goes_to_its_destination(lambdas: Lambdas) -> None:
    sqs = client_of(lambdas.session, "sqs")
    queue = sqs.create_queue(QueueName=lambdas.unique("failures"))["QueueUrl"]
    told = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    name = lambdas.create("def lambda_handler(e, c):\n    raise ValueError('too hot')\n")
    lambdas.client.put_function_event_invoke_config(
        FunctionName=name,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": told["Attributes"]["QueueArn"]}},
    )
    lambdas.invoke(name, {"zone": 1}, InvocationType="Event")
    (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=10)["Messages"]
    failure = json.loads(message["Body"])
    assert failure["requestPayload"] == {"zone": 1}
    assert failure["responsePayload"]["errorType"] == "ValueError"
    assert failure["responsePayload"]["errorMessage"] == "too hot"


def test_nothing_of_the_lab_can_be_imported(lambdas: Lambdas) -> None:
    code = """
import importlib

def lambda_handler(event, context):
    refused = []
    for name in event:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError:
            refused.append(name)
    return refused
"""
    names = ["requests", "pandas", "lab_utils", "ministack", "duckdb", "awscrt", "psutil", "pip"]
    assert lambdas.run(code, [*names, "json", "boto3"]).payload == names


def test_the_sdk_can_be_imported(lambdas: Lambdas) -> None:
    names = "boto3, botocore, dateutil, jmespath, s3transfer, six, urllib3"
    answer = lambdas.run(f"import {names}\ndef lambda_handler(event, context): return 'ok'\n")
    assert answer.payload == "ok"


def test_a_packages_own_copy_of_the_sdk_wins(lambdas: Lambdas) -> None:
    files: dict[str, str | bytes] = {
        "lambda_function.py": "import boto3, jmespath\n"
        "def lambda_handler(event, context): return jmespath.origin\n",
        "jmespath/__init__.py": "origin = 'own'\ncompile = search = None\n",
        "jmespath/exceptions.py": "class JMESPathError(Exception): pass\n",
    }
    assert lambdas.invoke(lambdas.create(files)).payload == "own"


def test_an_exception_has_its_class_its_words_and_its_trace(lambdas: Lambdas) -> None:
    code = """
class TooHot(Exception):
    pass

def check(temperature):
    raise TooHot(f"{temperature} degrees")

def lambda_handler(event, context):
    check(event["temperature"])
"""
    name = lambdas.create(code)
    answer = lambdas.invoke(name, {"temperature": 45})
    assert answer.payload["errorType"] == "TooHot"
    assert answer.payload["errorMessage"] == "45 degrees"
    assert len(answer.payload["requestId"]) == 36
    assert answer.payload["stackTrace"] == [
        '  File "/var/task/lambda_function.py", line 9, in lambda_handler\n'
        '    check(event["temperature"])\n',
        '  File "/var/task/lambda_function.py", line 6, in check\n'
        '    raise TooHot(f"{temperature} degrees")\n',
    ]
    again = lambdas.invoke(name, {})
    assert (again.payload["errorType"], again.payload["errorMessage"]) == (
        "KeyError",
        "'temperature'",
    )


def test_what_no_json_can_say_is_a_marshal_error(lambdas: Lambdas) -> None:
    answer = lambdas.run("def lambda_handler(event, context):\n    return {1, 2}\n")
    assert answer.payload["errorType"] == "Runtime.MarshalError"
    assert answer.payload["errorMessage"] == (
        "Unable to marshal response: Object of type set is not JSON serializable"
    )


def test_a_function_that_takes_too_long_is_ended_and_starts_anew(lambdas: Lambdas) -> None:
    code = """
import time
calls = 0

def lambda_handler(event, context):
    global calls
    calls += 1
    time.sleep(event["seconds"])
    return calls
"""
    name = lambdas.create(code, Timeout=1)
    late = lambdas.invoke(name, {"seconds": 30})
    assert late.error == "Unhandled"
    assert late.payload["errorType"] == "Sandbox.Timedout"
    message = late.payload["errorMessage"]
    assert message.startswith("RequestId: ")
    assert message.endswith(" Error: Task timed out after 1.00 seconds")
    assert late.lines[-1].endswith("\tStatus: timeout")
    assert lambdas.invoke(name, {"seconds": 0}).payload == 1


def test_a_function_that_prints_without_an_end_is_ended_too(lambdas: Lambdas) -> None:
    code = """
import os

def lambda_handler(event, context):
    while True:
        print("x" * 99)
        os.write(1, b"x" * 99)
"""
    answer = lambdas.run(code, Timeout=1)
    assert answer.payload["errorType"] == "Sandbox.Timedout"


def test_a_function_may_close_its_standard_streams(lambdas: Lambdas) -> None:
    code = """
import os, sys

def lambda_handler(event, context):
    sys.stdout.close()
    os.close(2)
    return "done"
"""
    name = lambdas.create(code)
    assert lambdas.invoke(name).payload == "done"


@pytest.mark.parametrize(
    ("code", "end"),
    [
        ("import sys\nsys.exit(3)", "Runtime exited with error: exit status 3"),
        ("import sys\nsys.exit(0)", "Runtime exited without providing a reason"),
        ("import os\nos._exit(4)", "Runtime exited with error: exit status 4"),
        ("import os\nos.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
        ("quit(5)", "Runtime exited with error: exit status 5"),
    ],
)
@pytest.mark.parametrize("is_import", [True, False], ids=["at import", "in the handler"])
def test_a_process_that_ends_is_an_exit_error(
    lambdas: Lambdas, code: str, end: str, is_import: bool
) -> None:
    body = "\n".join(f"    {line}" for line in code.splitlines())
    source = code if is_import else f"def lambda_handler(event, context):\n{body}\n"
    answer = lambdas.run(source)
    assert answer.error == "Unhandled"
    assert answer.payload["errorType"] == "Runtime.ExitError"
    assert answer.payload["errorMessage"].endswith(f" Error: {end}")


def test_an_error_at_import_comes_with_every_invocation(lambdas: Lambdas) -> None:
    name = lambdas.create("raise RuntimeError('no configuration')")
    for _ in range(2):
        answer = lambdas.invoke(name)
        assert answer.payload["errorType"] == "RuntimeError"
        assert answer.payload["errorMessage"] == "no configuration"
    assert len(lambdas.streams(name)) == 1


def test_an_answer_and_an_event_have_a_size_that_lambda_takes(lambdas: Lambdas) -> None:
    name = lambdas.create("def lambda_handler(event, context):\n    return 'x' * event['size']\n")
    assert len(lambdas.invoke(name, {"size": SIX_MB}).payload) == SIX_MB
    too_long = lambdas.invoke(name, {"size": SIX_MB + 99})
    assert too_long.payload == {
        "errorMessage": "Response payload size exceeded maximum allowed payload size "
        "(6291556 bytes).",
        "errorType": "Function.ResponseSizeTooLarge",
    }
    with pytest.raises(ClientError, match="6291457 byte payload is too large for the Request"):
        lambdas.client.invoke(FunctionName=name, Payload=b'"' + b"x" * (SIX_MB - 1) + b'"')
    with pytest.raises(ClientError, match=r"InvalidRequestContentException.*Could not parse"):
        lambdas.client.invoke(FunctionName=name, Payload=b"{bad")
    with pytest.raises(ClientError, match=r"InvalidRequestContentException.*Could not parse"):
        lambdas.client.invoke(FunctionName=name, Payload=b"\x99\xeb")


@pytest.mark.parametrize("event", [None, True, 1.5, "text", [1, [2]], {"a": None}, "é€😀"])
def test_an_event_is_any_json_and_comes_back_as_it_was(lambdas: Lambdas, event: object) -> None:
    name = lambdas.create(ECHO)
    payload = json.dumps(event).encode()
    assert lambdas.invoke(name, Payload=payload).payload == event


def test_the_ways_to_invoke(lambdas: Lambdas) -> None:
    name = lambdas.create(ECHO)
    dry = lambdas.invoke(name, InvocationType="DryRun")
    assert (dry.status, dry.payload) == (204, None)
    later = lambdas.invoke(name, InvocationType="Event")
    assert (later.status, later.payload) == (202, None)
    version = lambdas.client.publish_version(FunctionName=name)["Version"]
    assert lambdas.invoke(name, Qualifier=version).version == version
    assert lambdas.invoke(f"{lambdas.session.account}:function:{name}", 7).payload == 7


def test_the_placeholder_of_the_practical_is_taken_and_has_no_handler(lambdas: Lambdas) -> None:
    name = lambdas.create({}, handler="ac_control_lambda.lambda_handler")
    assert lambdas.client.get_function(FunctionName=name)["Configuration"]["CodeSize"] == 22
    answer = lambdas.invoke(name)
    assert answer.payload["errorType"] == "Runtime.ImportModuleError"
    code = packed({"ac_control_lambda.py": "def lambda_handler(event, context):\n    return 'on'"})
    changed = lambdas.client.update_function_code(FunctionName=name, ZipFile=code)
    assert changed["State"] == "Active"
    assert lambdas.invoke(name).payload == "on"

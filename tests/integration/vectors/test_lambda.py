"""The documented errors and log lines of functions, and the runtimes that Lambda takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from botocore.exceptions import ClientError

from lab_utils.local_aws.lambda_runtimes import CREATE_BLOCKED, runtime_problem
from lab_utils.local_aws.session_file import Session
from tests.integration.lambdas import Lambdas
from tests.integration.vectors.compare import UUID_PATTERN
from tests.integration.vectors.examples import Example, each, examples, shows

HANDLERS = examples("lambda", "handler")
RUNTIMES = examples("lambda", "runtime")
MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
UUID = f"(?:{UUID_PATTERN})"
FAILING = """
def lambda_handler(event, context):
    if event:
        raise ValueError("no")
"""


@pytest.fixture
def lambdas(aws_session: Session, unique: Callable[[str], str]) -> Lambdas:
    return Lambdas(aws_session, unique)


@each(HANDLERS)
def test_a_handler_that_cannot_be_loaded(example: Example, lambdas: Lambdas) -> None:
    name = lambdas.create("x = 1\n", handler=example.given["handler"])
    answer = lambdas.invoke(name)
    assert (answer.status, answer.error) == (200, "Unhandled")
    assert example.expect.items() <= answer.payload.items()


@shows("v706")
def test_a_package_without_its_library_in_c(example: Example, lambdas: Lambdas) -> None:
    files: dict[str, str | bytes] = {
        "lambda_function.py": "import PIL.Image\n",
        "PIL/__init__.py": "",
        "PIL/Image.py": "from PIL import _imaging\n",
    }
    payload = lambdas.invoke(lambdas.create(files)).payload
    assert payload["errorType"] == example.expect["errorType"]
    # The page writes Python's own words with a capital in the middle.
    assert payload["errorMessage"].lower() == example.expect["errorMessage"].lower()


@shows("v708")
def test_an_error_in_the_log(example: Example, lambdas: Lambdas) -> None:
    name = lambdas.create(FAILING)
    payload = lambdas.invoke(name, {"fail": 1}).payload
    (text,) = [text for text in lambdas.messages(name) if text.startswith("[ERROR]")]
    first, second, *trace = text.splitlines()
    wanted = example.expect["first_line"].replace("<errorType>", payload["errorType"])
    assert first == wanted.replace("<errorMessage>", payload["errorMessage"])
    assert second == example.expect["second_line"]
    assert trace[0].startswith("\u00a0\u00a0File ")
    assert not any(line.startswith(" ") for line in trace)


@shows("v709")
def test_a_message_of_the_logger(example: Example, lambdas: Lambdas) -> None:
    head = "import logging\nlogger = logging.getLogger()\ndef lambda_handler(event, context):\n"
    name = lambdas.create(f"{head}    {example.given['logging']}\n")
    lambdas.invoke(name)
    form = re.escape(example.expect["line_format"]).replace(re.escape("\\t"), "\t")
    for mark, pattern in (
        ("<YYYY-MM-DDTHH:MM:SS.mmmZ>", MOMENT),
        ("<requestId>", UUID),
        ("<message>", "x"),
    ):
        form = form.replace(re.escape(mark), pattern)
    assert any(re.fullmatch(form + "\n", text) for text in lambdas.messages(name))


@shows("v711", "v712")
def test_the_lines_of_lambda_itself(example: Example, lambdas: Lambdas) -> None:
    name = lambdas.create(FAILING)
    for _ in range(2):
        lambdas.invoke(name)
    kind = example.given["line"]
    cold, warm = [text for text in lambdas.messages(name) if text.startswith(kind)]
    form = re.escape(example.expect["format"])
    form = re.sub(r"\d+\\\.\d+", r"\\d+\\.\\d\\d", form).replace("<uuid>", UUID)
    form = re.sub(r"(\\ )+(?=[A-Z])", r"\\s+", re.sub(r"(\\ )\d+(?=\\ )", r"\1\\d+", form))
    assert re.fullmatch(form, cold.strip()), (form, cold)
    init = "Init Duration"
    assert (init in cold, init in warm) == (init in example.expect["format"], False)


@shows("v714")
def test_a_timeout(example: Example, lambdas: Lambdas) -> None:
    seconds = example.given["timeout_s"]
    name = lambdas.create("import time\ndef lambda_handler(e, c): time.sleep(99)\n", Timeout=1)
    wanted = example.expect["message"].replace(f"{seconds:.2f}", "1.00")
    payload = lambdas.invoke(name).payload
    assert payload["errorMessage"].endswith(f" Error: {wanted}")
    line = rf"{MOMENT} {UUID} {re.escape(wanted)}\s+"
    assert any(re.fullmatch(line, text) for text in lambdas.messages(name))


@each(RUNTIMES)
def test_a_runtime_is_taken_up_to_a_day(example: Example, lambdas: Lambdas) -> None:
    runtime = example.given["runtime"]
    blocked = date.fromisoformat(example.expect["create"].rpartition(" ")[2])
    assert runtime_problem(runtime, CREATE_BLOCKED, blocked - timedelta(days=1)) is None
    assert runtime_problem(runtime, CREATE_BLOCKED, blocked)
    if date.today() < blocked:
        lambdas.create(Runtime=runtime)


@shows("v725")
def test_a_reserved_variable_is_refused(example: Example, lambdas: Lambdas) -> None:
    with pytest.raises(ClientError) as refused:
        lambdas.create(Environment={"Variables": example.given["environment"]})
    error = refused.value.response["Error"]
    assert error["Code"] == example.expect["error_type"]
    assert example.expect["message_contains"] in error["Message"]

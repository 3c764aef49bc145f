"""What a function finds around it: an environment of its own, the lab's time, AWS at the lab."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psutil
import pytest

from lab_utils.lab_time import moment_of
from lab_utils.local_aws import control
from lab_utils.local_aws.session_file import Session
from lab_utils.settings import Settings, read_settings
from tests.integration.conftest import client_of
from tests.integration.lambdas import LOGGING, Lambdas, packed
from tests.integration.things import wait_until

COUNTS = """
calls = 0

def lambda_handler(event, context):
    global calls
    calls += 1
    return calls
"""


@pytest.fixture
def lambdas(aws_session: Session, unique: Callable[[str], str]) -> Lambdas:
    return Lambdas(aws_session, unique)


@pytest.fixture(scope="module")
def old_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A workspace for which a course keeps old runtimes alive; a test may kill its server."""
    settings = read_settings(
        workspace=tmp_path_factory.mktemp("old"),
        environ={"LAB_KEEP_RUNTIMES": "python3.7, python3.8"},
    )
    yield settings
    control.stop(settings)


def test_what_is_global_survives_until_the_function_changes(lambdas: Lambdas) -> None:
    name = lambdas.create(COUNTS)
    assert [lambdas.invoke(name).payload for _ in range(3)] == [1, 2, 3]
    lambdas.client.update_function_configuration(
        FunctionName=name, Environment={"Variables": {"LIMIT": "35"}}
    )
    assert lambdas.invoke(name).payload == 1
    code = packed({"lambda_function.py": COUNTS.replace("calls = 0", "calls = 10")})
    lambdas.client.update_function_code(FunctionName=name, ZipFile=code)
    assert lambdas.invoke(name).payload == 11


def test_new_code_is_taken_at_once_however_busy_the_function_is(lambdas: Lambdas) -> None:
    name = lambdas.create({"placeholder.txt": "nothing"}, handler="main.handler")
    is_over = threading.Event()

    def keep_busy() -> None:
        busy = Lambdas(lambdas.session, lambdas.unique)
        while not is_over.is_set():
            busy.invoke(name)

    with ThreadPoolExecutor(2) as threads:
        callers = [threads.submit(keep_busy) for _ in range(2)]
        answers = []
        for number in range(8):
            code = packed({"main.py": f"def handler(event, context): return {number}\n"})
            lambdas.client.update_function_code(FunctionName=name, ZipFile=code)
            answers.append(lambdas.invoke(name).payload)
        is_over.set()
    assert [caller.exception() for caller in callers] == [None, None]
    assert answers == list(range(8))


def test_events_at_the_same_time_get_environments_of_their_own(lambdas: Lambdas) -> None:
    code = """
import os
import time

def lambda_handler(event, context):
    time.sleep(0.5)
    return [os.getpid(), context.log_stream_name]
"""
    name = lambdas.create(code, Timeout=30)
    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(lambda _: lambdas.invoke(name).payload, range(3)))
    assert len({pid for pid, _stream in answers}) == 3
    assert sorted(stream for _pid, stream in answers) == sorted(lambdas.streams(name))


def test_the_context_and_the_variables_are_those_that_aws_documents(lambdas: Lambdas) -> None:
    code = """
import os

def lambda_handler(event, context):
    left = context.get_remaining_time_in_millis()
    names = ("function_name", "function_version", "invoked_function_arn", "memory_limit_in_mb",
             "aws_request_id", "log_group_name", "log_stream_name", "tenant_id")
    return {
        "context": {name: getattr(context, name) for name in names},
        "left": left,
        "identity": context.identity.cognito_identity_id,
        "custom": context.client_context.custom if context.client_context else None,
        "variables": dict(os.environ),
        "here": os.getcwd() == os.environ["LAMBDA_TASK_ROOT"],
        "file": open("data/room.txt").read(),
    }
"""
    files: dict[str, str | bytes] = {"app/main.py": code, "data/room.txt": "kitchen"}
    variables = {"ROOM": "kitchen", "TZ": "Europe/Paris"}
    name = lambdas.create(
        files,
        handler="app/main.lambda_handler",
        Timeout=9,
        MemorySize=512,
        Environment={"Variables": variables},
    )
    answer = lambdas.invoke(name, ClientContext="eyJjdXN0b20iOiB7ImEiOiAxfX0=")
    found = answer.payload["variables"]
    context = answer.payload["context"]
    arn = f"arn:aws:lambda:eu-west-1:{lambdas.session.account}:function:{name}"
    assert context["function_name"] == name
    assert (context["function_version"], context["invoked_function_arn"]) == ("$LATEST", arn)
    assert (context["memory_limit_in_mb"], context["tenant_id"]) == ("512", None)
    assert context["log_group_name"] == f"/aws/lambda/{name}"
    assert [context["log_stream_name"]] == lambdas.streams(name)
    assert context["aws_request_id"] in answer.lines[0]
    assert 7_000 < answer.payload["left"] <= 9_000
    assert (answer.payload["identity"], answer.payload["custom"]) == (None, {"a": 1})
    assert (answer.payload["here"], answer.payload["file"]) == (True, "kitchen")
    assert found["_HANDLER"] == "app/main.lambda_handler"
    assert found["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert found["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "512"
    assert found["AWS_REGION"] == found["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert found["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert found["AWS_SESSION_TOKEN"]
    assert variables.items() <= found.items()
    strange = [n for n in found if n.startswith(("LAB_", "MINISTACK", "STATE_", "IOT_"))]
    assert strange == []


def test_a_function_acts_as_its_role_and_reaches_the_lab_by_any_name(lambdas: Lambdas) -> None:
    code = """
import boto3

def lambda_handler(event, context):
    iot = boto3.client("iot")
    address = iot.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]
    for endpoint in (None, f"https://{address}", "https://a1b2-ats.iot.eu-west-1.amazonaws.com"):
        client = boto3.client("iot-data", endpoint_url=endpoint)
        client.publish(topic="AC/AC-1", qos=1, payload=b"{}")
    try:
        boto3.client("dynamodb").list_tables()
    except Exception as error:
        return [boto3.client("sts").get_caller_identity()["Arn"], str(error)]
"""
    role = lambdas.role({**LOGGING, "iot:Publish": "*", "iot:DescribeEndpoint": "*"})
    name = lambdas.create(code, role=role, Timeout=30)
    answer = lambdas.invoke(name)
    assert answer.error is None, answer.payload
    arn, denial = answer.payload
    role_name = role.rpartition("/")[2]
    assert arn == f"arn:aws:sts::{lambdas.session.account}:assumed-role/{role_name}/{name}"
    assert "not authorized to perform: dynamodb:ListTables" in denial


def test_a_port_of_aws_that_the_lab_has_not_is_no_way_to_the_internet(lambdas: Lambdas) -> None:
    code = """
import socket

def lambda_handler(event, context):
    socket.create_connection(("a1b2-ats.iot.eu-west-1.amazonaws.com", 9443), timeout=5)
"""
    answer = lambdas.run(code)
    assert answer.payload["errorType"] == "gaierror"
    assert "functions of the lab reach AWS at the lab only" in answer.payload["errorMessage"]


def test_a_layer_is_found_after_the_package(lambdas: Lambdas) -> None:
    layer = lambdas.client.publish_layer_version(
        LayerName=lambdas.unique("layer"),
        Content={"ZipFile": packed({"python/rooms.py": "names = ['kitchen']\n"})},
    )["LayerVersionArn"]
    code = "import rooms\ndef lambda_handler(e, c): return rooms.names\n"
    assert lambdas.run(code, Layers=[layer]).payload == ["kitchen"]


def test_a_function_sees_the_labs_time_and_its_requests_are_accepted(
    fast_session: Session, unique: Callable[[str], str]
) -> None:
    code = """
import time
from datetime import date, datetime, timezone
import boto3

def lambda_handler(event, context):
    begun, real = datetime.now(timezone.utc), time.monotonic()
    time.sleep(0.05)
    lab_s = (datetime.now(timezone.utc) - begun).total_seconds()
    real_s = time.monotonic() - real
    boto3.client("iot").describe_endpoint(endpointType="iot:Data-ATS")
    now = time.time()
    return {
        "now": begun.isoformat(),
        "speed": lab_s / real_s,
        "apart": [
            datetime.utcnow().replace(tzinfo=timezone.utc).timestamp() - now,
            datetime.fromtimestamp(time.time_ns() / 1e9, timezone.utc).timestamp() - now,
            time.mktime(time.gmtime()) - now,
        ],
        "day": date.today().isoformat() == time.strftime("%Y-%m-%d"),
    }
"""
    lambdas = Lambdas(fast_session, unique)
    role = lambdas.role({**LOGGING, "iot:DescribeEndpoint": "*"})
    name = lambdas.create(code, role=role, Timeout=30)
    # Far enough ahead that a signature of the lab's time is not of the wall clock's.
    ahead = timedelta(minutes=6)
    wait_until(lambda: lab_now(fast_session) - datetime.now(UTC) > ahead, "six minutes")
    before = lab_now(fast_session)
    answer = lambdas.invoke(name)
    after = lab_now(fast_session)
    assert answer.error is None, answer.payload
    assert before <= datetime.fromisoformat(answer.payload["now"]) <= after
    assert 100 < answer.payload["speed"] < 140
    assert max(map(abs, answer.payload["apart"])) < 60
    assert answer.payload["day"]
    stamps = [event["timestamp"] / 1000 for event in lambdas.events(name)]
    assert before.timestamp() - 1 <= stamps[0]
    assert stamps[-1] <= after.timestamp()


def test_a_function_finds_the_readings_of_the_last_lab_minute(
    fast_session: Session, unique: Callable[[str], str]
) -> None:
    code = """
from datetime import datetime, timedelta
import boto3

QUERY = '''SELECT avg(measure_value::double) FROM "{0}"."readings"
WHERE time BETWEEN from_milliseconds({1}) AND from_milliseconds({2})'''

def lambda_handler(event, context):
    end = datetime.now()
    begin = end - timedelta(minutes=1)
    stamps = [int(moment.timestamp() * 1000) for moment in (begin, end)]
    query = QUERY.format(event["database"], *stamps)
    return boto3.client("timestream-query").query(QueryString=query)["Rows"]
"""
    lambdas, database = Lambdas(fast_session, unique), unique("database")
    needs = ("timestream:Select", "timestream:DescribeEndpoints")
    name = lambdas.create(code, role=lambdas.role({**LOGGING, **dict.fromkeys(needs, "*")}))
    timestream = client_of(fast_session, "timestream-write")
    timestream.create_database(DatabaseName=database)
    timestream.create_table(DatabaseName=database, TableName="readings")

    def mean_c() -> str | None:
        """Write a reading of now, and one of two minutes ago, and ask the function at once."""
        now_ms = control.lab_time_ns(fast_session) // 1_000_000
        readings = ((now_ms, "36.5"), (now_ms - 120_000, "10.5"))
        records = [
            {
                "Dimensions": [{"Name": "zone_id", "Value": "1"}],
                "MeasureName": "temperature",
                "MeasureValue": value,
                "MeasureValueType": "DOUBLE",
                "Time": str(time_ms),
            }
            for time_ms, value in readings
        ]
        timestream.write_records(DatabaseName=database, TableName="readings", Records=records)
        answer = lambdas.invoke(name, {"database": database}, Qualifier="$LATEST")
        assert answer.error is None, answer.payload
        value: str | None = answer.payload[0]["Data"][0].get("ScalarValue")
        return value

    # The first call of a cold function may take longer than half a second, a lab minute here.
    assert wait_until(mean_c, "a reading") == "36.5"


def test_at_speed_one_the_functions_clock_is_the_real_one(lambdas: Lambdas) -> None:
    code = "import time\ndef lambda_handler(e, c): return [repr(time.time), time.time()]\n"
    text, now = lambdas.run(code).payload
    assert text == "<built-in function time>"
    assert abs(now - time.time()) < 10


def test_a_runtime_that_a_course_keeps_alive_is_taken(old_settings: Settings) -> None:
    lambdas = Lambdas(control.start(old_settings), lambda stem: stem)
    name = lambdas.create(COUNTS, Runtime="python3.7")
    assert lambdas.invoke(name).payload == 1
    log = (old_settings.state_dir / "aws.log").read_text(encoding="utf-8")
    assert "has the runtime python3.7, which AWS has retired" in log


def test_no_process_is_left_when_the_server_is_killed(old_settings: Settings) -> None:
    session = control.start(old_settings)
    lambdas = Lambdas(session, lambda stem: f"killed_{stem}")
    code = (
        "import subprocess, sys, time\n"
        "def lambda_handler(e, c):\n"
        "    subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "    print('begun')\n    time.sleep(600)\n"
    )
    name = lambdas.create(code, Timeout=900)
    lambdas.invoke(name, InvocationType="Event")
    server = psutil.Process(session.pid)
    children = wait_until(lambda: grown(server, 2), "the function and what it started")
    os.kill(session.pid, signal.SIGKILL)
    wait_until(lambda: not any(child.is_running() for child in children), "nothing is left")


def grown(server: psutil.Process, least: int) -> list[psutil.Process]:
    """Return the processes below a server's, once there are so many in one line."""
    below = server.children(recursive=True)
    in_line = [child for child in below if child.ppid() != server.pid]
    return below if len(in_line) >= least - 1 else []


def lab_now(session: Session) -> datetime:
    """Return the lab's time."""
    return moment_of(control.lab_time_ns(session))

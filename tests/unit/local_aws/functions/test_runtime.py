"""The parts of a function's process that need no process."""

from __future__ import annotations

import decimal
import importlib.util
import json
import math
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from lab_utils.local_aws.functions.runtime.channel import (
    OUTPUT,
    RESULT,
    Frame,
    FrameWriter,
    read_frames,
)
from lab_utils.local_aws.functions.runtime.errors import (
    FaultError,
    FaultPaths,
    describe_error,
    log_text,
)
from lab_utils.local_aws.functions.runtime.handlers import (
    load_handler,
    read_event,
    write_response,
)
from lab_utils.local_aws.functions.runtime.modules import SdkFinder
from lab_utils.local_aws.functions.runtime.network import lead_to_lab

NO_PATHS = FaultPaths([])
LAB_TIME = """
import sys
sys.path.insert(0, sys.argv[1])
import json, pickle, time
from datetime import date, datetime, timedelta, timezone
real_now = datetime.now
from lab_utils.local_aws.functions.runtime.lab_time import LabTime, install

install(LabTime(60, 2_000_000_000 * 10**9, time.monotonic_ns()))

class Own(datetime):
    pass

before, real = datetime.now(timezone.utc), time.perf_counter()
time.sleep(0.05)
lab_s = (datetime.now(timezone.utc) - before).total_seconds()
print(json.dumps({
    "speed": lab_s / (time.perf_counter() - real),
    "clocks": [
        datetime.now(timezone.utc).timestamp(), datetime.utcnow().replace(tzinfo=timezone.utc)
        .timestamp(), datetime.today().astimezone().timestamp(), time.time(), time.time_ns() / 1e9,
        time.mktime(time.localtime()), time.clock_gettime(time.CLOCK_REALTIME),
        time.mktime(time.strptime(time.ctime())), time.mktime(time.strptime(time.asctime())),
        time.mktime(time.strptime(time.strftime("%Y %m %d %H %M %S"), "%Y %m %d %H %M %S")),
    ],
    "days": [date.today().isoformat(), time.strftime("%Y-%m-%d")],
    "given": [time.gmtime(0).tm_year, time.ctime(0)[-4:],
              datetime.fromtimestamp(0, timezone.utc).year],
    "kinds": [type(Own.now()) is Own, type(datetime.now()) is datetime,
              isinstance(pickle.loads(pickle.dumps(datetime.now())), datetime)],
    "gmtime": time.gmtime().tm_year,
    "monotonic": abs(time.monotonic() - time.perf_counter()) < 10**9,
}))
"""


def test_the_labs_time_is_seen_by_every_clock_but_the_ones_that_measure() -> None:
    root = Path(__file__).resolve().parents[4]
    done = subprocess.run(
        [sys.executable, "-c", LAB_TIME, str(root)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "TZ": "UTC"},
    )
    seen = json.loads(done.stdout)
    assert 40 < seen["speed"] < 80
    assert min(seen["clocks"]) >= 2_000_000_000 - 1
    assert max(seen["clocks"]) - min(seen["clocks"]) < 60
    assert seen["days"] == ["2033-05-18", "2033-05-18"]
    assert seen["given"] == [1970, "1970", 1970]
    assert seen["kinds"] == [True, True, True]
    assert (seen["gmtime"], seen["monotonic"]) == (2033, True)


def test_frames_come_out_as_they_went_in_however_long() -> None:
    reading, writing = os.pipe()
    writer = FrameWriter(writing)
    writer.send(OUTPUT, b"line\n", 7)
    writer.send(RESULT, b"")
    writer.send(OUTPUT, b"x" * 40_000, 9)
    os.close(writing)
    frames: list[Frame] = []
    read_frames(reading, frames.append)
    os.close(reading)
    assert frames == [
        Frame(OUTPUT, 7, b"line\n"),
        Frame(RESULT, 0, b""),
        Frame(OUTPUT, 9, b"x" * 40_000),
    ]


def test_a_handler_is_found_in_a_folder_and_misses_by_name() -> None:
    assert load_handler("json/decoder.scanstring") is not None
    assert load_handler("json.decoder.scanstring") is not None
    for name, error_type in (
        ("json.nothing", "Runtime.HandlerNotFound"),
        ("json", "Runtime.MalformedHandlerName"),
        ("no_such_module.f", "Runtime.ImportModuleError"),
        ("sys.exit", "Runtime.BuiltInModuleConflict"),
    ):
        with pytest.raises(FaultError) as raised:
            load_handler(name)
        assert raised.value.error_type == error_type


def test_an_answer_is_written_as_json_or_not_at_all() -> None:
    numbers = [decimal.Decimal("5"), decimal.Decimal("1.50"), decimal.Decimal("1E+2")]
    assert write_response(numbers, is_ascii=False) == b"[5, 1.5, 100]"
    assert write_response("é", is_ascii=False) == '"é"'.encode()
    assert write_response("é", is_ascii=True) == b'"\\u00e9"'
    assert write_response(b"raw", is_ascii=True) == b"raw"
    assert write_response(None, is_ascii=True) == b"null"
    assert math.isnan(json.loads(write_response(decimal.Decimal("NaN"), is_ascii=True)))
    with pytest.raises(FaultError, match="Object of type set is not JSON serializable"):
        write_response({1}, is_ascii=True)
    with pytest.raises(FaultError, match="Unable to unmarshal input"):
        read_event(b"{bad")


def test_an_error_is_described_with_the_paths_of_lambda() -> None:
    paths = FaultPaths([(str(Path(__file__).parent), "/var/task")])
    try:
        raise KeyError("zone")
    except KeyError as error:
        document = describe_error(error, "i", paths)
    assert (document["errorType"], document["errorMessage"]) == ("KeyError", "'zone'")
    assert document["requestId"] == "i"
    (entry,) = document["stackTrace"]
    assert entry.startswith('  File "/var/task/test_runtime.py", line ')
    assert entry.endswith('\n    raise KeyError("zone")\n')
    text = log_text(document)
    assert text.startswith("[ERROR] KeyError: 'zone'\nTraceback (most recent call last):\n")
    assert "\n\u00a0\u00a0\u00a0\u00a0raise KeyError" in text


def test_an_error_without_words_and_one_whose_words_fail_are_described() -> None:
    class Odd(Exception):  # noqa: N818 - a function's own class
        def __str__(self) -> str:
            raise ValueError

    assert describe_error(Odd(), "i", NO_PATHS)["errorMessage"] == ""
    assert log_text(describe_error(ValueError(), "i", NO_PATHS)).startswith("[ERROR] ValueError\n")


def test_only_what_lambda_has_is_found(tmp_path: Path) -> None:
    for name in ("boto3", "pandas"):
        (tmp_path / f"{name}.py").touch()
    finder = SdkFinder({"boto3": str(tmp_path)})
    found = finder.find_spec("boto3")
    assert found is not None
    assert found.origin == str(tmp_path / "boto3.py")
    assert finder.find_spec("pandas") is None
    assert finder.find_spec("boto3.session", [str(tmp_path)]) is None
    assert importlib.util.find_spec("no_such_module") is None


def test_aws_and_its_ports_of_this_machine_are_the_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[object, object]] = []

    def resolve(host: object, port: object, *_: object) -> list[object]:
        asked.append((host, port))
        return []

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    lead_to_lab({443: 8444}, {443: 8444, 80: 4567})
    for host, port in (
        ("localhost", 443),
        (b"LOCALHOST", "https"),
        ("a-ats.iot.eu-west-1.amazonaws.com", 443),
        ("sts.amazonaws.com.", "80"),
        ("localhost", 80),
        ("example.com", 443),
        ("notamazonaws.com", 443),
        (None, 0),
    ):
        socket.getaddrinfo(host, port)
    assert asked == [
        ("127.0.0.1", 8444),
        ("127.0.0.1", 8444),
        ("127.0.0.1", 8444),
        ("127.0.0.1", 4567),
        ("localhost", 80),
        ("example.com", 443),
        ("notamazonaws.com", 443),
        (None, 0),
    ]
    with pytest.raises(socket.gaierror, match="reach AWS at the lab only"):
        socket.getaddrinfo("x.amazonaws.com", 9443)

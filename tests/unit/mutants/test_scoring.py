"""Scores of good tests and bad ones, of several habits, hostile ones too; each really runs."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from lab_utils.cli import main
from lab_utils.mutants import score_once, score_tests, scoring
from lab_utils.mutants.runner import Runner
from lab_utils.mutants.scoring import TestScore

FUNCTION = '''"""Switches."""
import os

def decide(mean):
    warm = mean > 35
    return warm
'''
HANDLER = """import boto3

iot = boto3.client("iot-data")

def lambda_handler(event, context):
    if event["mean"] > 35:
        iot.publish(topic="AC/AC-1", payload="on")
"""
GOOD = """
def test_35():
    assert not decide(35)
    assert decide(35.5) and not decide(20)
"""
SHA256 = hashlib.sha256(FUNCTION.encode()).hexdigest()
IMPORT = "from function import decide\n"


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """What runs the tests of all scores here: it takes longer to start than most of them."""
    with Runner(tmp_path_factory.mktemp("runner")) as shared:
        yield shared


@pytest.fixture(autouse=True)
def shared_runner(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "Runner", lambda *_: contextlib.nullcontext(runner))


@pytest.fixture
def two_mutants(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets two mutants stand for all, where it does not matter which."""
    monkeypatch.setattr(scoring, "choose", lambda mutants, _most: mutants[:2])


def write(root: Path, files: dict[str, str], source: str = FUNCTION) -> Path:
    """Write a function in the form of the practical's repository, and return its folder."""
    folder = root / "ac_control_lambda"
    for name, text in {"src/function.py": source, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    return folder


def score(root: Path, tests: str, source: str = FUNCTION, **files: str) -> TestScore:
    more = {name.replace("__", "/"): text for name, text in files.items()}
    return score_tests(write(root, {"tests/test_it.py": tests, **more}, source))


def test_survivors_are_named_with_place_and_change(tmp_path: Path) -> None:
    found = score(tmp_path, IMPORT + "def test_hot():\n    assert decide(36.5)\n")
    assert (found.caught, found.total, found.is_green) == (2, 4, True)
    assert found.survivors[0] == (
        "function.py:5: `mean > 35` became `mean >= 35` (what is exactly 35 goes the other way)"
    )
    assert found.says == "1 test catches 2 of 4 mutants"
    assert found.share == 0.5
    assert "write a test for each that survived" in found.lines()[-1]


@pytest.mark.usefixtures("two_mutants")
@pytest.mark.parametrize(
    ("tests", "files"),
    [
        (IMPORT + GOOD, {"pytest.ini": "[pytest]\naddopts = --cov=src -n 4\npythonpath = src\n"}),
        ("from src.function import decide\n" + GOOD, {}),
        ("from ac_control_lambda.src.function import decide\n" + GOOD, {"__init__.py": ""}),
        ("import sys\nsys.path.insert(0, 'ac_control_lambda/src')\n" + IMPORT + GOOD, {}),
        ("import sys\nsys.path.insert(0, '../src')\n" + IMPORT + GOOD, {}),
        (
            "def test_35(decide):\n    assert decide(35.5) and not decide(35) and not decide(20)\n",
            {
                "tests/conftest.py": f"import pytest\n{IMPORT}\n@pytest.fixture(name='decide')\n"
                "def it():\n    return decide\n"
            },
        ),
        (
            f"import unittest\n{IMPORT}class TestIt(unittest.TestCase):\n"
            "    def test_35(self):\n        self.assertFalse(decide(35))\n"
            "        self.assertTrue(decide(35.5))\n        self.assertFalse(decide(20))\n",
            {},
        ),
    ],
)
def test_tests_of_any_habit_count(tmp_path: Path, tests: str, files: dict[str, str]) -> None:
    found = score_tests(write(tmp_path, {"tests/test_it.py": tests, **files}))
    assert (found.says, found.survivors) == ("1 test catches 2 of 2 mutants", ()), found


@pytest.mark.usefixtures("two_mutants")
def test_a_handler_whose_clients_are_patched_is_scored_without_aws(tmp_path: Path) -> None:
    tests = """
from unittest.mock import patch
import function

def sent(mean):
    with patch.object(function, "iot") as iot:
        function.lambda_handler({"mean": mean}, None)
    return [call.kwargs for call in iot.publish.mock_calls]

def test_topic():
    assert sent(35.5) == [{"topic": "AC/AC-1", "payload": "on"}]
    assert sent(35) == sent(20) == []
"""
    found = score(tmp_path, tests, HANDLER)
    assert (found.caught, found.total) == (2, 2)


def refused(found: TestScore) -> TestScore:
    assert (found.caught, found.total, found.is_green) == (0, 0, False)
    assert found.advice
    assert "mutants-" not in found.says, "the name of a folder that is gone"
    return found


@pytest.mark.parametrize(
    ("tests", "says"),
    [
        (
            "def test_it():\n    assert 1 + 1 == 3, 'sums'\n",
            "test_it.py::test_it fails, with Asser",
        ),
        ("import moto\n", "No module named 'moto'"),
        ("def test_it(mocker): pass\n", "fixture 'mocker' not found"),
        ("def test_it(:\n", "SyntaxError"),
        ("import sys\nsys.exit(0)\n", "ended the process that runs them"),
        ("import os\ndef test_it():\n    os._exit(0)\n", "ended the process that runs them"),
        ("import os\ndef test_it():\n    os.kill(os.getppid(), 9)\n", "ended the process"),
        ("def check_it():\n    assert True\n", "no test ran"),
        ("import pytest\n@pytest.mark.skip\ndef test_it(): pass\n", "no test ran"),
        (
            "import boto3\ndef test_it():\n    boto3.client('s3').list_buckets()\n",
            "reach for the network (s3.eu-west-1.amazonaws.com), which is blocked",
        ),
    ],
)
def test_tests_that_are_not_green_say_which_and_why(tmp_path: Path, tests: str, says: str) -> None:
    assert says in refused(score(tmp_path, tests)).says


def test_without_tests_or_function_the_way_on_is_told(tmp_path: Path) -> None:
    folder = write(tmp_path, {})
    assert "no tests in ac_control_lambda" in refused(score_tests(folder)).says
    (folder / "src" / "function.py").write_text("def decide(:")
    (folder / "test_it.py").write_text(GOOD)
    assert "function.py:1 is no Python" in refused(score_tests(folder)).says
    assert "no Python module" in refused(score_tests(tmp_path / "nowhere")).says


@pytest.mark.usefixtures("two_mutants")
def test_tests_without_an_assertion_catch_nothing(tmp_path: Path) -> None:
    found = score(tmp_path, IMPORT + "def test_it():\n    decide(36)\n")
    assert (found.caught, found.is_green) == (0, True)
    assert len(found.survivors) == found.total == 2


@pytest.mark.parametrize(
    "tests",
    [
        "import hashlib, inspect, function\ndef test_it():\n"
        "    code = inspect.getsource(function).encode()\n"
        f"    assert hashlib.sha256(code).hexdigest() == {SHA256!r}\n",
        "from pathlib import Path\nimport function\ndef test_it():\n"
        "    assert 'mean > 35' in Path(function.__file__).read_text()\n",
    ],
)
def test_tests_of_the_text_are_refused(tmp_path: Path, tests: str) -> None:
    assert "look at its text" in refused(score(tmp_path, tests)).says


@pytest.mark.usefixtures("two_mutants")
@pytest.mark.parametrize(
    "look",
    [
        "next(job for job in jobs() if job)['is_told']",
        "len({path.stat().st_mtime for path in files}) == 1",
    ],
)
def test_tests_that_see_how_they_are_run_catch_nothing(tmp_path: Path, look: str) -> None:
    tests = f"""
import inspect
from pathlib import Path

files = list(Path(__file__).parents[1].rglob("*.py"))

def jobs():
    return [one.frame.f_locals.get("job") for one in inspect.stack(0)]

def test_it():
    assert {look}
"""
    assert score(tmp_path, tests).caught == 0


def test_tests_that_pass_by_chance_are_refused(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    tests = (
        f"from pathlib import Path\ndef test_it():\n    seen = Path({str(marker)!r})\n"
        "    assert not seen.exists()\n    seen.touch()\n"
    )
    assert refused(score(tmp_path, tests)).says.startswith("the second time")


def test_tests_without_an_end_are_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "_LONGEST_S", 1.0)
    found = refused(score(tmp_path, "def test_it():\n    while True: pass\n"))
    assert "not at their end after 1 s" in found.says


def test_a_mutant_without_an_end_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "_PATIENCE_S", 0.5)
    source = "def decide(mean):\n    while mean > 35:\n        mean = 0\n    return mean\n"
    found = score(tmp_path, IMPORT + "def test_it():\n    assert decide(20) == 20\n", source)
    assert (found.caught, found.total) == (1, 4)


@pytest.mark.usefixtures("two_mutants")
@pytest.mark.skipif(sys.platform == "win32", reason="no limit on what is written there")
def test_what_tests_leave_behind_or_flood_does_no_harm(tmp_path: Path) -> None:
    note = tmp_path / "note"
    tests = f"""
import subprocess, sys, threading
from pathlib import Path

def test_flood():
    print("x" * 1_000_000)
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    left = subprocess.Popen(sleep, start_new_session=True)
    Path({str(note)!r}).write_text(str(left.pid))
    threading.Thread(target=threading.Event().wait).start()
"""
    found = score(tmp_path, IMPORT + GOOD + tests)
    assert (found.caught, found.total) == (2, 2)
    assert not psutil.pid_exists(int(note.read_text()))


@pytest.mark.usefixtures("two_mutants")
def test_in_the_workbook_only_own_tests_count_on_the_decision(tmp_path: Path) -> None:
    folder = tmp_path / "lambda" / "ac_control_lambda"
    write(tmp_path / "lambda", {"src/decision.py": FUNCTION, "src/function.py": HANDLER})
    for name in ("test_decision.py", "test_handler.py", "test_own.py"):
        (folder / "tests").mkdir(exist_ok=True)
        (folder / "tests" / name).write_text("def test_it(): pass\n")
    (folder / "tests" / "test_own.py").write_text("def test_own(): assert True\n")
    assert score_tests(folder).survivors[0].startswith("decision.py:5")
    (folder / "tests" / "test_own.py").write_text("from test_decision import test_it\n")
    assert "No module named 'test_decision'" in refused(score_tests(folder)).says
    (folder / "tests" / "test_own.py").write_text("def test_that(): pass\n")
    assert "no test of your own: test_that stands" in refused(score_tests(folder)).says
    (folder / "tests" / "test_own.py").unlink()
    found = refused(score_tests(folder))
    assert found.says == (
        "there is no lambda/ac_control_lambda/tests/test_own.py: the given tests are not yours"
    )


def test_a_score_is_kept_until_something_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path, {})
    memory: dict[str, Any] = {}
    first = score_once(folder, memory)
    monkeypatch.setattr(scoring, "score_tests", lambda *_, **__: None)
    assert score_once(folder, memory) is first
    (folder / "tests").mkdir()
    (folder / "tests" / "test_it.py").write_text("")
    assert score_once(folder, memory) is None


@pytest.mark.usefixtures("two_mutants")
def test_the_command_tells_the_score_as_text_and_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path, {})
    words = ["--workspace", str(tmp_path), "mutants"]
    assert main(words) == 1
    assert capsys.readouterr().out.startswith("there are no tests in ac_control_lambda\n  write")
    (folder / "tests").mkdir()
    (folder / "tests" / "test_it.py").write_text(IMPORT + GOOD)
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["caught"], told["total"], told["survivors"]) == (2, 2, [])
    assert main([*words, str(folder / "src")]) == 1

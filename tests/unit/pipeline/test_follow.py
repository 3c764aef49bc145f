from __future__ import annotations

import pytest

from lab_utils.pipeline.explain import explain
from lab_utils.pipeline.follow import LARGEST_LOG, SHOWN_LINES, Follow
from lab_utils.pipeline.masks import Mask, secret_values
from lab_utils.pipeline.runs import JobRun

LINES = """\
parsing and downloads finished in 75 ms.
test     starting shell (test)
test too starting shell (test)
test     $ pip install pytest
test too $ echo a # collapsed multi-line command
test     > Looking in links: /somewhere
test     > Requirement already satisfied: pytest in /x/y (9.2.0)
test     > Requirement already satisfied: iniconfig in /x/y (from pytest) (2.0)
test too > > $ no command
test     finished in 1.02 s
test too finished in 437 ms  FAIL 3 
may      starting shell (late)
may      !! no artifacts was copied !!
may      finished in 5 ms  WARN 1 
cut      starting shell (late)

 PASS  test
 FAIL  test too
  > > $ no command
"""  # noqa: W291


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def follow(said: list[str]) -> Follow:
    return Follow(Mask([], {}), said.append)


def test_lines_are_taken_apart_into_jobs(follow: Follow, said: list[str]) -> None:
    for line in LINES.splitlines():
        follow.take(line)
    runs = {one.name: one for one in follow.runs()}
    assert {name: (one.stage, one.status, one.exit_code) for name, one in runs.items()} == {
        "test": ("test", "passed", 0),
        "test too": ("test", "failed", 3),
        "may": ("late", "warning", 1),
        "cut": ("late", "failed", None),
    }
    assert runs["test too"].log == "$ echo a # collapsed multi-line command\n> $ no command"
    assert runs["test too"].command == "echo a"
    assert "Looking in links" not in runs["test"].log
    assert "iniconfig" in runs["test"].log
    assert not any("iniconfig" in line or "/x/y" in line for line in said)
    assert "test     |   Requirement already satisfied: pytest" in said
    assert "was stopped" in runs["cut"].text()
    assert "may (allow_failure)" in runs["may"].text()
    assert follow.preamble[0].startswith("parsing")


@pytest.mark.parametrize(
    ("ending", "last"),
    [
        ("", ["line 198", "line 199"]),
        ("  FAIL 1 ", [f"line {number}" for number in range(188, 200)]),
    ],
)
def test_a_long_log_is_cut_where_it_is_shown_and_its_end_is_seen(
    follow: Follow, said: list[str], ending: str, last: list[str]
) -> None:
    follow.take("a starting shell (test)")
    for number in range(200):
        follow.take(f"a > line {number}")
    follow.take("a $ a command is always shown")
    follow.take(f"a finished in 1 s{ending}")
    shown = [line.removeprefix("a |").strip() for line in said]
    assert shown[1 : SHOWN_LINES + 2] == [
        *(f"line {number}" for number in range(SHOWN_LINES)),
        "$ a command is always shown",
    ]
    hidden = 200 - SHOWN_LINES - len(last)
    assert shown[SHOWN_LINES + 2] == f"... {hidden} more lines, in the job's log"
    assert [line for line in shown[SHOWN_LINES + 3 :] if line.startswith("line")] == last
    assert "line 150" in follow.runs()[0].log


def test_of_a_failed_test_the_reason_is_shown(follow: Follow, said: list[str]) -> None:
    follow.take("a starting shell (test)")
    lines = [*(f"test {n} PASSED" for n in range(30)), "=== FAILURES ===", "E   assert 1 == 2"]
    for line in [*lines, *(f"more {n}" for n in range(40))]:
        follow.take(f"a > {line}")
    follow.take("a finished in 1 s  FAIL 1 ")
    assert "a |   E   assert 1 == 2" in said
    assert "a |   more 39" not in said


def test_a_log_ends_where_gitlabs_ends(follow: Follow) -> None:
    follow.take("a starting shell (test)")
    for _ in range(90):
        follow.take("a > " + "x" * 60_000)
    log = follow.runs()[0].log
    assert len(log) < LARGEST_LOG + 100_000
    assert log.endswith("the rest is left out.")


def test_secrets_escapes_and_paths_of_the_machine_are_not_seen() -> None:
    mask = Mask(
        ["0123456789", "short", "0123456789-longer"], {r"/tmp/[ab]": "/builds", "/tmp": "/t"}
    )
    assert mask.clean("x 0123456789-longer 0123456789 short") == "x [MASKED] [MASKED] short"
    assert (
        mask.clean("\x1b[31mred\x1b[0m \x1b]0;title\x07\x1b]8;;x\x1b\\link\x00\x08") == "red link"
    )
    assert mask.clean("10 %\r20 %\r") == "20 %"
    assert mask.clean("/tmp/a/b /tmp/c") == "/builds/b /t/c"


def test_secret_values_are_known_by_their_names() -> None:
    named = {"AWS_SECRET_ACCESS_KEY": "a", "REGION": "b", "DB_PASSWORD": "c"}
    assert secret_values(named) == ["a", "c"]


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("bash: line 9: zip: command not found", "`zip` is not there"),
        ("/bin/sh: 1: jq: not found", "`jq` is not there"),
        ("bash: ./bin/x.sh: Permission denied", "`./bin/x.sh` has no right"),
        ("bash: ./x.sh: /bin/bash^M: bad interpreter: No such file", "Windows"),
        ("An error occurred (ResourceNotFoundException) when calling", "no such function"),
        ("An error occurred (AccessDeniedException) when calling", "UpdateFunctionCode"),
        ("An error occurred (UnrecognizedClientException) when", "does not know the key"),
        ("Unable to locate credentials. You can configure", "AWS_ACCESS_KEY_ID"),
        ("You must specify a region.", "AWS_DEFAULT_REGION"),
        ("Unable to load paramfile fileb://a.zip: [Errno 2] No such", "`a.zip` did not reach"),
        ("deploy_lambda: there is no package build/a.zip.", "`build/a.zip` did not reach"),
        ("ERROR: No matching distribution found for awsiot", "`awsiot`"),
        ("E   ModuleNotFoundError: No module named 'boto3'", "`boto3`"),
        ("ERROR: file or directory not found: tests", "`tests` is not in the repository"),
        ("collected 0 items", "no tests"),
        ("write: No space left on device", "disk is full"),
        ("cat: a.txt: No such file or directory", "`a.txt` is not there"),
        ("= 1 failed, 2 passed in 0.1s =", "test failed"),
    ],
)
def test_the_usual_reasons_are_explained(log: str, words: str) -> None:
    assert words in explain(f"$ first\ncat: z: No such file or directory\n$ it\n{log}", "it")


def test_a_reason_that_is_not_known_is_not_made_up() -> None:
    assert explain("$ it\nsomething else", "it") == ""


def test_a_job_tells_how_it_ended() -> None:
    failed = JobRun("a", "test", "failed", 1.25, "", "make", 2)
    assert failed.text() == "a: failed with exit code 2 in `make` after 1.2 s"
    assert JobRun("a", "test", "skipped", 0, "").text() == "a: did not run"

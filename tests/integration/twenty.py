"""A class of twenty: right, partial, broken and hostile submissions, made for the tests.

What is hostile is so beside honest work on the first two parts, so that it takes little time, and
has to earn just what that work earns without it.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

from lab_utils.bench.grading_reference import write_reference
from lab_utils.settings import CHECKOUT
from tests.grading_submissions import (
    add_cell,
    code_cell,
    write_notebooks,
    write_zip,
)
from tests.students.practical import (
    DYNAMO,
    DYNAMO_POLICY,
    HOT_RULE,
    IOT,
    IOT_ROLE,
    LAMBDA,
    LAMBDA_ROLE,
    MAIN,
    OUTPUT,
    POLICY_JSON,
    PROVIDER,
    PUBLISH_POLICY,
    SCHEDULE,
    Files,
    changed,
    write,
)

Make = Callable[[Path, str], object]
"""Takes the folder of the submissions and the student; writes the submission."""
SECRET, NEIGHBOUR = "tell-nobody-4711", "a-neighbours-own-815"
LEFTOVER_COMMAND = "sleep 100471"
SCRIPT = "bin/package_lambda.sh"
TWO_PARTS: Files = {
    "terraform/provider.tf": PROVIDER,
    "terraform/output.tf": OUTPUT,
    "terraform/files/iot_policy.json": POLICY_JSON,
    "terraform/iot.tf": IOT + HOT_RULE,
    "terraform/dynamo.tf": DYNAMO,
    "terraform/iam.tf": IOT_ROLE + DYNAMO_POLICY,
}
_SYNTAX_ERROR = '\nresource "aws_iot_thing" "broken" {\n  name = \n}\n'
_SLEEPER = """\
import time


def lambda_handler(event, context):
    time.sleep(100000)
"""
_PATCH = """\
import lab_utils.checks.base as base
from pathlib import Path

base.Finding = lambda *_, **__: type("Fine", (), {"passed": True, "earned": lambda _, n: n})()
base.run_check = lambda check, context: print("PASSED", check.id)
for path in Path(base.__file__).parent.rglob("*.py"):
    try:
        path.write_text("raise SystemExit(0)")
    except OSError as error:
        print(error)
print("100 of 100 points")
"""


def _script(*lines: str) -> Files:
    """Return honest work on two parts beside a package script that does something else."""
    pack = "zip -r payload.zip ac_control_lambda"
    return {**TWO_PARTS, SCRIPT: "\n".join(("#!/bin/bash", *lines, pack, ""))}


def _local_exec(command: str) -> Files:
    provisioner = f'provisioner "local-exec" {{\n    command = {json.dumps(command)}\n  }}'
    block = f'resource "null_resource" "x" {{\n  {provisioner}\n}}\n'
    return {**TWO_PARTS, "terraform/x.tf": block}


def _folder(files: Files) -> Make:
    return lambda submissions, student: write(submissions / student, files)


def _reference(submissions: Path, student: str) -> None:
    write_reference(CHECKOUT, submissions / student)


def _solved_notebooks(submissions: Path, student: str) -> None:
    write_notebooks(submissions / student / "notebooks")


def _two_notebooks(submissions: Path, student: str) -> None:
    """Write the first two notebooks, the second with a cell that is there twice."""
    twice = code_cell("lab.apply()")
    write_notebooks(
        submissions / student / "notebooks",
        parts=(1, 2),
        changes={2: lambda cells: cells.extend([twice, twice])},
    )


def _bad_json(submissions: Path, student: str) -> None:
    folder = write_notebooks(submissions / student / "notebooks", parts=(1,))
    for path in folder.iterdir():
        path.write_text(path.read_text()[:-500])


def _patched(submissions: Path, student: str) -> None:
    write_notebooks(
        submissions / student / "notebooks", solved=False, changes={1: add_cell(_PATCH)}
    )


def _empty_zip(submissions: Path, student: str) -> None:
    write_zip(submissions / f"{student}.zip", {})


def _bomb(submissions: Path, student: str) -> None:
    with zipfile.ZipFile(submissions / f"{student}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(40):
            archive.writestr(f"terraform/{number}.tf", bytes(20_000_000), compresslevel=9)


def _climbing_zip(submissions: Path, student: str) -> None:
    out = {"../../climbed.txt": "x", "/tmp/climbed-from-a-zip.txt": "x", "..\\..\\back.txt": "x"}
    write_zip(submissions / f"{student}.zip", {**TWO_PARTS, **out})


def _links(submissions: Path, student: str) -> None:
    """Write work of which the rule is a neighbour's, by a link, and a link to a secret."""
    folder = write(submissions / student, {**TWO_PARTS, "terraform/iot.tf": IOT})
    (folder / "terraform" / "rules.tf").symlink_to(submissions / "right" / "terraform" / "iot.tf")
    (folder / "terraform" / "files" / "secret").symlink_to(submissions.parent / "secret.txt")


def _reader(submissions: Path, student: str) -> None:
    """Write work that looks for the secret, the checks, and other submissions, and tells them."""
    looks = f"cat {submissions.parent}/secret.txt {submissions}/*/terraform/*.tf /cell/*/* >&2"
    write(submissions / student, _local_exec(f"{looks}; exit 1"))


_ENDLESS = {
    **TWO_PARTS,
    "terraform/iam.tf": IOT_ROLE + DYNAMO_POLICY + LAMBDA_ROLE + PUBLISH_POLICY,
    "terraform/lambda.tf": LAMBDA + SCHEDULE,
    "ac_control_lambda/src/ac_control_lambda.py": _SLEEPER,
    **{name: text for name, text in MAIN.items() if name.startswith("bin/")},
}
_LEFTOVER = _script(
    r"printf '\033[2J\033]0;owned\007%s\n' hello >&2",
    f"(setsid nohup {LEFTOVER_COMMAND} >/dev/null 2>&1 &)",
    "trap '' TERM INT HUP",
    "exit 7",
)
CLASS: dict[str, tuple[int, Make]] = {
    "right": (100, _reference),
    "right-notebooks": (100, _solved_notebooks),
    "two-parts": (35, _folder({**TWO_PARTS, "terraform/own.tf": f"# {NEIGHBOUR}\n"})),
    "two-notebooks": (30, _two_notebooks),
    "one-part": (23, _folder({**TWO_PARTS, "terraform/iot.tf": IOT})),
    "no-permission": (23, _folder(changed("terraform/iam.tf", "PutItem", "GetItem", TWO_PARTS))),
    "syntax-error": (35, _folder({**TWO_PARTS, "terraform/x.tf": _SYNTAX_ERROR})),
    "bad-json": (15, _bad_json),
    "empty": (0, _empty_zip),
    "fork-bomb": (35, _folder(_script(":(){ :|:& };:", "while true; do sleep 1 & done"))),
    "memory": (35, _folder(_script("python3 -c 'a=[bytearray(2**26) for _ in range(2**10)]'"))),
    "disk": (35, _folder(_script("head -c 100G /dev/zero | split -b 100M - fill"))),
    "network": (35, _folder(_script("curl -m 20 http://169.254.169.254/ http://1.1.1.1/"))),
    "endless-function": (42, _folder(_ENDLESS)),
    "bomb": (0, _bomb),
    "climber": (35, _climbing_zip),
    "links": (23, _links),
    "reader": (35, _reader),
    "patcher": (0, _patched),
    "leftover": (35, _folder(_LEFTOVER)),
}
"""The class: what each earns, and what writes it."""


def write_class(folder: Path) -> Path:
    """Write the class, and return the folder of its submissions."""
    submissions = folder / "submissions"
    submissions.mkdir(parents=True)
    (folder / "secret.txt").write_text(SECRET)
    for student, (_points, make) in CLASS.items():
        make(submissions, student)
    return submissions

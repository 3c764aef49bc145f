"""What the tests of the replay run as the grader in a cell: replays, and tells what was left.

It is handed to Python as text: a cell does not see the tests.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import boto3

from lab_utils.grading.replay import ReplayDone, replay, replay_teardown
from lab_utils.grading.sandbox.enclosure import enter
from lab_utils.grading.submissions import Submission, prepare_workspace
from lab_utils.waiting import wait_for

CELL = enter(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["cell"])
PATHS = CELL.paths
SESSION = PATHS.guest / "session.json"


def say(event: str, **what: Any) -> None:
    print(json.dumps({"event": event, **what}), flush=True)


def start_server() -> None:
    command = [sys.executable, "-P", "-m", "lab_utils.local_aws", "--region", "eu-west-1"]
    command += ["--workspace", str(PATHS.workspace), "--lab-dir", str(PATHS.lab)]
    command += ["--speed", "90"]
    log = (PATHS.private / "server.log").open("wb")
    subprocess.Popen(CELL.server_command(command), stdout=log, stderr=log)
    if wait_for(lambda: SESSION.exists() or None, 120.0) is None:
        raise SystemExit((PATHS.private / "server.log").read_text(encoding="utf-8"))


def things() -> list[str]:
    url = json.loads(SESSION.read_text(encoding="utf-8"))["endpoint_url"]
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    iot = boto3.client("iot", "eu-west-1", endpoint_url=url, **keys)  # type: ignore[call-overload]
    return [thing["thingName"] for thing in iot.list_things()["things"]]


def say_ending(event: str, done: ReplayDone) -> None:
    say(event, **asdict(done), things=things())


def main() -> None:
    submission = Submission.unpack((PATHS.given / "submission").read_bytes())
    folder = PATHS.private / "submission"
    submission.write_to(folder)
    prepare_workspace(folder, PATHS.workspace, submission.form)
    start_server()
    of_replay = (PATHS.workspace, folder, CELL, SESSION, 170.0)
    say_ending("replay", replay(*of_replay))
    found = [path for path in sorted(PATHS.workspace.rglob("*")) if path.is_file()]
    names = {path.relative_to(PATHS.workspace).as_posix(): path for path in found}
    say("files", **{name: path.read_text(errors="replace") for name, path in names.items()})
    say_ending("teardown", replay_teardown(*of_replay))
    CELL.close()
    say("done")


main()

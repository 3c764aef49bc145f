"""What the tests of the sandbox run as the grader in a cell: tries much, tells what came of it.

It is handed to Python as text: a cell does not see the tests.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import boto3

from lab_utils.grading.sandbox.enclosure import enter
from lab_utils.waiting import wait_for

ORDER = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
CELL = enter(ORDER["cell"])
HANDLER = """
import os, time
def handler(event, context):
    if event["do"] == "eat":
        held = bytearray(b"x" * 2**30)
    if event["do"] == "hoard":
        for name in "abcd":
            with open(f"/tmp/{name}", "wb") as file:
                file.write(bytes(100 * 2**20))
        held = bytearray(b"x" * (330 * 2**20))
        time.sleep(50)
    if event["do"] == "look":
        places = ("/cell", "/cell/server/lab", "/tmp")
        return [*(sorted(os.listdir(path)) for path in places), os.nice(0)]
    return "alive"
"""


def say(name: str, **what: Any) -> None:
    print(json.dumps({"event": "seen", "name": name, **what}), flush=True)


def attempt(name: str, command: list[str], timeout_s: float = 60.0) -> None:
    done = CELL.run(command, CELL.paths.workspace, dict(os.environ), timeout_s)
    what = {"status": done.status, "output": done.output, "errors": done.errors}
    say(name, **what, reason=done.reason, is_late=done.is_late)


def start_server() -> Any:
    session = CELL.paths.lab / "session.json"
    prefix = json.dumps(CELL.function_prefix())
    command = [sys.executable, "-P", "-m", "lab_utils.local_aws", "--region", "eu-west-1"]
    command += ["--workspace", str(CELL.paths.workspace), "--lab-dir", str(CELL.paths.lab)]
    log = (CELL.paths.private / "server.log").open("wb")
    subprocess.Popen(
        CELL.server_command([*command, "--function-prefix", prefix]), stdout=log, stderr=log
    )
    if wait_for(lambda: session.exists() or None, 120.0) is None:
        raise SystemExit((CELL.paths.private / "server.log").read_text(encoding="utf-8"))
    return json.loads(session.read_text(encoding="utf-8"))


def try_functions(session: dict[str, Any]) -> None:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    url = session["endpoint_url"]
    iam = boto3.client("iam", "eu-west-1", endpoint_url=url, **keys)  # type: ignore[call-overload]
    client = boto3.client("lambda", "eu-west-1", endpoint_url=url, **keys)  # type: ignore[call-overload]
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    trust = {"Statement": [{**statement, "Principal": {"Service": "lambda.amazonaws.com"}}]}
    role = iam.create_role(RoleName="role", AssumeRolePolicyDocument=json.dumps(trust))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        package.writestr("module.py", HANDLER)
    client.create_function(
        FunctionName="function",
        Runtime="python3.12",
        Role=role["Role"]["Arn"],
        Handler="module.handler",
        Code={"ZipFile": packed.getvalue()},
        Timeout=60,
    )
    client.get_waiter("function_active_v2").wait(FunctionName="function")
    for what in ORDER["functions"]:
        answer = client.invoke(FunctionName="function", Payload=json.dumps({"do": what}))
        say(f"function {what}", output=answer["Payload"].read().decode())


def leave_links() -> None:
    lines = [
        "mkdir -p lambda/src",
        "ln -s /cell/server lambda/src/server",
        f"ln -s {ORDER['solution']} lambda/src/solution.py",
        "ln -s src lambda/inside",
        "mkfifo lambda/pipe",
        "mkdir closed && ln -s /proc/self/environ closed/x && chmod 000 closed",
    ]
    attempt("links", ["bash", "-ec", "\n".join(lines)])
    say("sweep", output=CELL.sweep())
    left = [str(one.relative_to(CELL.paths.workspace)) for one in CELL.paths.workspace.rglob("*")]
    say("left", output=sorted(left))


def main() -> None:
    say("given", output=(CELL.paths.given / "hidden.py").read_text(encoding="utf-8"))
    say("root", output=str(CELL.paths.root))
    if ORDER["functions"]:
        session = start_server()
        try_functions(session)
    for name, command, timeout_s in ORDER["attempts"]:
        attempt(name, command, timeout_s)
    leave_links()
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    say("processes", output=running.stdout)
    say("ended", output=[one.sentence() for one in CELL.ended])
    CELL.close()
    print(json.dumps({"event": "done"}), flush=True)


main()

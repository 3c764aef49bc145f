"""Lambda functions: packed, deployed, invoked."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lab_utils.errors import FunctionError
from lab_utils.function_errors import failed_error, refused_error
from lab_utils.settings import CHECKOUT
from lab_utils.waiting import wait_for

PACKAGES = "build"
"""The workspace's folder of the packages."""
_SCRIPT = Path("ci") / "package_lambda.py"
_READY_S = 60.0

Report = Callable[[str], None]


def package_function(workspace: Path, folder: str | Path, report: Report) -> Path:
    """Pack a function as ``ci/package_lambda.sh`` does, and return the zip.

    The workspace's own script does it, else that of the checkout.

    Args:
        workspace: The workspace; the zip comes into its ``build/``, named like the folder.
        folder: The function's folder with ``src/``, or the folder of its sources.
        report: Takes the command and what it says.

    Raises:
        FunctionError: There is nothing to pack, or a package that it needs cannot be had.
    """
    source = workspace / folder
    named = source.parent if source.name == "src" else source
    target = workspace / PACKAGES / f"{named.name}.zip"
    scripts = (workspace / _SCRIPT, CHECKOUT / _SCRIPT)
    script = next(path for path in scripts if path.is_file())
    report(f"$ ci/package_lambda.sh {Path(folder).as_posix()}")
    done = subprocess.run(
        [sys.executable, script, source, "--to", target],
        cwd=workspace,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise FunctionError(
            f"pack the function of {folder}",
            (done.stderr or done.stdout).strip(),
            "mend what it says, and pack it again.",
        )
    report(done.stdout.strip())
    return target


def deploy_function(client: Any, function: str, package: Path, report: Report) -> None:
    """Give a function its packed code, and wait until that is what runs.

    Args:
        client: The boto3 client of Lambda.
        function: The function's name.
        package: The zip.
        report: Takes the command that does the same, and what was deployed.

    Raises:
        FunctionError: There is no such package or function, AWS refuses, or the function does
            not become ready.

    Source:
        https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html
    """
    attempted = f"deploy {function}"
    if not package.is_file():
        raise FunctionError(attempted, f"There is no package {package}.", "lab.package_lambda()")
    report(
        f"$ aws lambda update-function-code --function-name {function} "
        f"--zip-file fileb://{PACKAGES}/{package.name}"
    )
    try:
        told = client.update_function_code(FunctionName=function, ZipFile=package.read_bytes())
        is_known = _wait_until_updated(client, function, attempted)
    except (ClientError, BotoCoreError) as error:
        raise refused_error(client, attempted, function, error) from error
    ending = "" if is_known else "; whether it is in place by now, this user may not ask"
    report(f"deployed: {told['CodeSize']} bytes, CodeSha256 {told['CodeSha256'][:12]}...{ending}")


def invoke_function(client: Any, function: str, event: Any) -> Any:
    """Invoke a function, wait for its end, and return what it returned.

    Args:
        client: The boto3 client of Lambda.
        function: The function's name or ARN.
        event: What its handler gets: anything that JSON can hold.

    Raises:
        FunctionFailedError: The function ended with an error.
        FunctionError: There is no such function, or AWS refuses to invoke it.

    Source:
        https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    """
    attempted = f"invoke {function}"
    try:
        payload = json.dumps(event)
    except TypeError as error:
        raise FunctionError(
            attempted, f"The event cannot be written as JSON: {error}.", "make it of plain values."
        ) from error
    try:
        answer = client.invoke(FunctionName=function, LogType="Tail", Payload=payload.encode())
    except (ClientError, BotoCoreError) as error:
        raise refused_error(client, attempted, function, error) from error
    returned = answer["Payload"].read().decode()
    result = json.loads(returned) if returned else None
    if "FunctionError" in answer:
        raise failed_error(function, result, _log_of(answer))
    return result


def _log_of(answer: Mapping[str, Any]) -> str:
    return base64.b64decode(answer.get("LogResult", "")).decode("utf-8", "replace")


def _wait_until_updated(client: Any, function: str, attempted: str) -> bool:
    """Return True once a function's update is done, False if the user may not ask for that."""

    def look() -> Mapping[str, Any] | None:
        told: Mapping[str, Any] = client.get_function_configuration(FunctionName=function)
        return None if told.get("LastUpdateStatus") == "InProgress" else told

    try:
        told = wait_for(look, _READY_S)
    except ClientError as error:
        if "AccessDenied" not in error.response["Error"]["Code"]:
            raise
        return False
    if told is None or told.get("LastUpdateStatus", "Successful") != "Successful":
        reason = (told or {}).get("LastUpdateStatusReason") or f"not ready after {_READY_S:g} s"
        raise FunctionError(attempted, f"Lambda has the code, but: {reason}.", "deploy it again.")
    return True

"""Lambda functions as the tests make and call them, with boto3 like any client."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lab_utils.local_aws.session_file import Session
from tests.integration.conftest import client_of
from tests.integration.things import create_role, wait_until

LAMBDA_TRUST = {"Service": "lambda.amazonaws.com"}
LOGGING = {
    f"logs:{action}": "*" for action in ("CreateLogGroup", "CreateLogStream", "PutLogEvents")
}
ECHO = "def lambda_handler(event, context):\n    return event\n"


@dataclass(frozen=True)
class Answer:
    """What an invocation came to.

    Attributes:
        payload: What the function returned, or the document of its error.
        error: ``Unhandled`` for an error, else None.
        lines: The end of its log.
        version: The version that ran.
        status: The HTTP status.
    """

    payload: Any
    error: str | None
    lines: list[str]
    version: str
    status: int


class Lambdas:
    """Makes functions and calls them.

    Args:
        session: The embedded AWS.
        unique: Makes a name that no other test uses.
    """

    def __init__(self, session: Session, unique: Callable[[str], str]) -> None:
        self.session, self.unique = session, unique
        self.client, self.logs = client_of(session, "lambda"), client_of(session, "logs")
        self.iam = client_of(session, "iam")
        self._role = ""

    def role(self, actions: dict[str, str]) -> str:
        """Return the ARN of a role that Lambda may assume."""
        return create_role(self.iam, self.unique("role"), actions, LAMBDA_TRUST)

    def create(
        self,
        code: str | dict[str, str | bytes] = ECHO,
        *,
        handler: str = "lambda_function.lambda_handler",
        role: str = "",
        **settings: Any,
    ) -> str:
        """Return the name of a new function, once it is active."""
        self._role = self._role or self.role(LOGGING)
        files: dict[str, str | bytes] = {}
        files |= code if isinstance(code, dict) else {"lambda_function.py": code}
        name = self.unique("function")
        self.client.create_function(
            FunctionName=name,
            Role=role or self._role,
            Handler=handler,
            Code={"ZipFile": packed(files)},
            **{"Runtime": "python3.13", **settings},
        )
        self.wait_until_active(name)
        return name

    def wait_until_active(self, name: str) -> None:
        """Wait until a function is there, or its update is over."""

        def is_ready() -> bool:
            found = self.client.get_function_configuration(FunctionName=name)
            return (found["State"], found["LastUpdateStatus"]) == ("Active", "Successful")

        wait_until(is_ready, f"{name} is active")

    def invoke(self, name: str, event: Any = None, **request: Any) -> Answer:
        """Call a function."""
        payload = json.dumps({} if event is None else event).encode()
        got = self.client.invoke(
            **{"FunctionName": name, "Payload": payload, "LogType": "Tail", **request}
        )
        text, log = got["Payload"].read(), base64.b64decode(got.get("LogResult", "")).decode()
        return Answer(
            json.loads(text) if text else None,
            got.get("FunctionError"),
            log.splitlines(),
            got["ExecutedVersion"],
            got["StatusCode"],
        )

    def run(self, code: str, event: Any = None, **settings: Any) -> Answer:
        """Make a function of some code and call it once."""
        return self.invoke(self.create(code, **settings), event)

    def streams(self, name: str) -> list[str]:
        """Return the names of a function's log streams."""
        group = f"/aws/lambda/{name}"
        found = self.logs.describe_log_streams(logGroupName=group)["logStreams"]
        return [stream["logStreamName"] for stream in found]

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return the events of a function's only log stream, in their order."""
        (stream,) = self.streams(name)
        found = self.logs.get_log_events(
            logGroupName=f"/aws/lambda/{name}", logStreamName=stream, startFromHead=True
        )
        return list(found["events"])

    def messages(self, name: str) -> list[str]:
        """Return the texts of those events."""
        return [event["message"] for event in self.events(name)]


def packed(files: dict[str, str | bytes]) -> bytes:
    """Return a zip file, of the same bytes each time."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return content.getvalue()

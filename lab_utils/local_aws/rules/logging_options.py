"""The logging options of AWS IoT, version 2: whether the rules engine writes log entries."""

from __future__ import annotations

import json
from typing import Any

from lab_utils.local_aws.place import Place

PATH = "/v2LoggingOptions"
LEVELS = ("DISABLED", "ERROR", "WARN", "INFO", "DEBUG")
"""From nothing to everything."""
Response = tuple[int, dict[str, str], bytes]


class LoggingOptions:
    """The options of each account and region; a part of the saved state."""

    name = "iot_logging"

    def __init__(self) -> None:
        self._options: dict[Place, dict[str, Any]] = {}

    def writes(self, place: Place, level: str) -> bool:
        """Return whether entries of a level are written."""
        options = self._options.get(place)
        if options is None or options["disableAllLogs"]:
            return False
        return LEVELS.index(level) <= LEVELS.index(options["defaultLogLevel"])

    def role_arn(self, place: Place) -> str:
        """Return the role under which entries are written."""
        return str(self._options.get(place, {}).get("roleArn", ""))

    def answer(self, place: Place, method: str, body: bytes) -> Response:
        """Answer ``GetV2LoggingOptions`` or ``SetV2LoggingOptions``.

        Source:
            https://docs.aws.amazon.com/iot/latest/apireference/API_SetV2LoggingOptions.html
        """
        if method == "GET":
            return self._get(place)
        return self._set(place, body)

    def read(self) -> bytes:
        """Return all options, to be saved."""
        entries = [[place.account, place.region, o] for place, o in self._options.items()]
        return json.dumps(entries).encode()

    def load(self, payload: bytes) -> None:
        """Take saved options over."""
        self._options = {Place(acct, region): o for acct, region, o in json.loads(payload)}

    def _get(self, place: Place) -> Response:
        options = self._options.get(place)
        if options is None:
            return _error("NotConfiguredException", "Logging V2 is not configured.", 404)
        return _json(200, options)

    def _set(self, place: Place, body: bytes) -> Response:
        try:
            asked = json.loads(body or b"{}")
        except ValueError:
            return _error("InvalidRequestException", "The request body is not valid JSON.", 400)
        before = self._options.get(place, {"defaultLogLevel": "ERROR", "disableAllLogs": False})
        known = ("roleArn", "defaultLogLevel", "disableAllLogs")
        options = {**before, **{key: asked[key] for key in known if asked.get(key) is not None}}
        if not str(options.get("roleArn", "")).startswith("arn:"):
            return _error("InvalidRequestException", "A role ARN is needed to log.", 400)
        if options["defaultLogLevel"] not in LEVELS:
            return _error(
                "InvalidRequestException",
                f"1 validation error detected: Value '{options['defaultLogLevel']}' at "
                "'defaultLogLevel' failed to satisfy constraint: Member must satisfy enum value "
                "set: [DEBUG, DISABLED, ERROR, INFO, WARN]",
                400,
            )
        self._options[place] = options
        return _json(200, {})


def _json(status: int, document: dict[str, Any], kind: str = "") -> Response:
    headers = {"Content-Type": "application/json"}
    if kind:
        headers["x-amzn-errortype"] = kind
    return status, headers, json.dumps(document).encode()


def _error(kind: str, message: str, status: int) -> Response:
    return _json(status, {"__type": kind, "message": message}, kind)

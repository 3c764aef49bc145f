"""The logging options of AWS IoT, version 2: which log entries are written.

Source:
    https://docs.aws.amazon.com/iot/latest/developerguide/configure-logging.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lab_utils.local_aws.place import Place
from lab_utils.local_aws.violations import one_of, violation

OPTIONS_PATH = "/v2LoggingOptions"
LEVEL_PATH = "/v2LoggingLevel"
PATHS = (OPTIONS_PATH, LEVEL_PATH)
LEVELS = ("DISABLED", "ERROR", "WARN", "INFO", "DEBUG")
"""From nothing to everything."""
TARGET_TYPES = ("THING_GROUP", "CLIENT_ID", "SOURCE_IP", "PRINCIPAL_ID")
_DEFAULT = "DEFAULT"
_OPTIONS = ("roleArn", "defaultLogLevel", "disableAllLogs", "eventConfigurations")
Response = tuple[int, dict[str, str], bytes]


class _RefusedError(Exception):
    """A request that AWS IoT refuses: its code, text and HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


@dataclass(frozen=True)
class Source:
    """Where a message comes from, as far as levels can be set for it."""

    client_id: str = ""
    principal_id: str = ""
    source_ip: str = ""


@dataclass
class _Place:
    """What is set in one account and region."""

    options: dict[str, Any] = field(default_factory=dict)
    levels: dict[str, dict[str, str]] = field(default_factory=dict)


class LoggingOptions:
    """The options and levels of each account and region; a part of the saved state.

    Args:
        groups_of: Returns the thing groups that a client's thing is in.
    """

    name = "iot_logging"

    def __init__(self, groups_of: Callable[[Place, str], set[str]] | None = None) -> None:
        self._places: dict[Place, _Place] = {}
        self._groups_of = groups_of

    @property
    def is_used(self) -> bool:
        """Whether logging was ever set up anywhere."""
        return bool(self._places)

    def level(self, place: Place, source: Source) -> int:
        """Return up to which of ``LEVELS`` entries are written; 0 is nothing.

        A level that is set for the client, the principal, the address or a thing group counts
        instead of the default. Where several are, the one that says most does: our choice.
        """
        found = self._places.get(place)
        if found is None or not found.options or found.options["disableAllLogs"]:
            return 0
        special = self._special(place, found.levels, source) if found.levels else []
        return max(map(LEVELS.index, special or [found.options["defaultLogLevel"]]))

    def writes(self, place: Place, level: str, source: Source) -> bool:
        """Return whether entries of a level are written."""
        return LEVELS.index(level) <= self.level(place, source)

    def role_arn(self, place: Place) -> str:
        """Return the role under which entries are written."""
        found = self._places.get(place)
        return str(found.options.get("roleArn", "")) if found else ""

    def answer(
        self, place: Place, method: str, path: str, query: Mapping[str, Any], body: bytes
    ) -> Response:
        """Answer a request on the logging options or levels.

        Source:
            https://docs.aws.amazon.com/iot/latest/apireference/API_SetV2LoggingLevel.html
        """
        state = self._places.get(place, _Place())
        try:
            asked = json.loads(body or b"{}")
        except ValueError:
            return _error("InvalidRequestException", "The request body is not valid JSON.", 400)
        try:
            if path == OPTIONS_PATH:
                if method == "GET":
                    return _get_options(state)
                self._places[place] = state
                return _set_options(state, asked)
            if method == "POST":
                return _set_level(state, asked)
            return _list_levels(state, query) if method == "GET" else _delete_level(state, query)
        except _RefusedError as refused:
            return _error(refused.code, refused.message, refused.status)

    def read(self) -> bytes:
        """Return all options and levels, to be saved."""
        entries = [[p.account, p.region, s.options, s.levels] for p, s in self._places.items()]
        return json.dumps(entries).encode()

    def load(self, payload: bytes) -> None:
        """Take saved options and levels over."""
        self._places = {
            Place(account, region): _Place(options, levels[0] if levels else {})
            for account, region, options, *levels in json.loads(payload)
        }

    def _special(
        self, place: Place, levels: Mapping[str, Mapping[str, str]], source: Source
    ) -> list[str]:
        names = {
            "CLIENT_ID": {source.client_id},
            "PRINCIPAL_ID": {source.principal_id},
            "SOURCE_IP": {source.source_ip},
        }
        if levels.get("THING_GROUP") and self._groups_of and source.client_id:
            names["THING_GROUP"] = self._groups_of(place, source.client_id)
        return [
            level
            for kind, of_target in levels.items()
            for target, level in of_target.items()
            if target in names.get(kind, ())
        ]


def _get_options(state: _Place) -> Response:
    if not state.options:
        raise _RefusedError("NotConfiguredException", "Logging V2 is not configured.", 404)
    return _json(200, state.options)


def _set_options(state: _Place, asked: Mapping[str, Any]) -> Response:
    before = state.options or {"defaultLogLevel": "ERROR", "disableAllLogs": False}
    options = {**before, **{key: asked[key] for key in _OPTIONS if asked.get(key) is not None}}
    if not str(options.get("roleArn", "")).startswith("arn:"):
        raise _RefusedError("InvalidRequestException", "A role ARN is needed to log.")
    _require_level(options["defaultLogLevel"], "defaultLogLevel")
    state.options = options
    return _json(200, {})


def _set_level(state: _Place, asked: Mapping[str, Any]) -> Response:
    if not state.options:
        raise _RefusedError("NotConfiguredException", "Logging V2 is not configured.", 404)
    target = asked.get("logTarget") or {}
    kind, name = _target(target)
    _require_level(asked.get("logLevel"), "logLevel")
    if kind == _DEFAULT:
        state.options = {**state.options, "defaultLogLevel": asked["logLevel"]}
    else:
        state.levels.setdefault(kind, {})[name] = asked["logLevel"]
    return _json(200, {})


def _delete_level(state: _Place, query: Mapping[str, Any]) -> Response:
    kind, name = _target({key: _first(query, key) for key in ("targetType", "targetName")})
    state.levels.get(kind, {}).pop(name, None)
    return _json(200, {})


def _list_levels(state: _Place, query: Mapping[str, Any]) -> Response:
    if not state.options:
        raise _RefusedError("NotConfiguredException", "Logging V2 is not configured.", 404)
    wanted = _first(query, "targetType")
    default = {"logTarget": {"targetType": _DEFAULT}, "logLevel": state.options["defaultLogLevel"]}
    found = [default] if wanted in ("", _DEFAULT) else []
    found += [
        {"logTarget": {"targetType": kind, "targetName": name}, "logLevel": level}
        for kind, of_target in state.levels.items()
        for name, level in of_target.items()
        if wanted in ("", kind)
    ]
    start = _number(query, "nextToken", 0)
    end = start + _number(query, "maxResults", 250)
    page: dict[str, Any] = {"logTargetConfigurations": found[start:end]}
    if end < len(found):
        page["nextToken"] = str(end)
    return _json(200, page)


def _target(target: Mapping[str, Any]) -> tuple[str, str]:
    kind, name = str(target.get("targetType") or ""), str(target.get("targetName") or "")
    if kind not in (_DEFAULT, *TARGET_TYPES):
        raise _RefusedError(
            "InvalidRequestException",
            violation(kind, "logTarget.targetType", one_of((_DEFAULT, *TARGET_TYPES))),
        )
    if kind != _DEFAULT and not name:
        raise _RefusedError("InvalidRequestException", f"A target of type {kind} needs a name.")
    return kind, name


def _require_level(level: Any, member: str) -> None:
    if level not in LEVELS:
        words = violation(level, member, one_of(sorted(LEVELS)))
        raise _RefusedError("InvalidRequestException", words)


def _first(query: Mapping[str, Any], name: str) -> str:
    value = query.get(name, "")
    return str(value[0] if isinstance(value, list) and value else value or "")


def _number(query: Mapping[str, Any], name: str, default: int) -> int:
    text = _first(query, name)
    return int(text) if text.isdecimal() else default


def _json(status: int, document: dict[str, Any], kind: str = "") -> Response:
    headers = {"Content-Type": "application/json"}
    if kind:
        headers["x-amzn-errortype"] = kind
    return status, headers, json.dumps(document).encode()


def _error(kind: str, message: str, status: int) -> Response:
    return _json(status, {"__type": kind, "message": message}, kind)

"""Lambda's Python functions, which ministack runs with errors, logs and an environment of its own.

Ours run them instead; the rest of Lambda's API stays ministack's, and so do other runtimes.
"""

from __future__ import annotations

import base64
import binascii
import contextvars
import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote

from lab_utils.local_aws.clock import LabClock
from lab_utils.local_aws.functions.hosting import Hosting
from lab_utils.local_aws.functions.model import Function, Invocation, Outcome
from lab_utils.local_aws.functions.packages import (
    Packages,
    digest_of,
    python_folders,
    wants_sdk,
)
from lab_utils.local_aws.functions.runtime.channel import DEPTH_VARIABLE
from lab_utils.local_aws.functions.service import FunctionService
from lab_utils.local_aws.functions.variables import Doors
from lab_utils.local_aws.handlers import Answer, Handler
from lab_utils.local_aws.ministack_function_logs import MinistackLogSink
from lab_utils.local_aws.place import Place
from lab_utils.local_aws.violations import one_of, violation

_ACTIVE_AFTER_S = 0.05
"""How long a function is Pending: long enough to be seen, short enough not to be waited for."""
_INVOKE_PATH = re.compile(r"/2015-03-31/functions/[^/]+/invocations")
_PARTIAL_ARN = re.compile(r"(/20\d\d-\d\d-\d\d/functions/)(\d{12}):function:")
_CODE_PATH = re.compile(r"/2015-03-31/functions(/|/[^/]+/(code|configuration))?")
_KINDS = ("Event", "RequestResponse", "DryRun")
_LARGEST_EVENT = {"RequestResponse": 6 * 1024 * 1024, "Event": 1024 * 1024}
_client_context: contextvars.ContextVar[object] = contextvars.ContextVar("client", default=None)
_is_invoke: contextvars.ContextVar[bool] = contextvars.ContextVar("is_invoke", default=False)
_wants_log: contextvars.ContextVar[bool] = contextvars.ContextVar("wants_log", default=False)


class FunctionSeam:
    """Our functions in ministack's Lambda.

    Args:
        modules: ministack's modules.
        clock: The lab's time.
        doors: Where functions reach the embedded AWS.
        hosting: How the functions' processes are kept.
    """

    def __init__(
        self,
        modules: Mapping[str, ModuleType],
        clock: LabClock,
        doors: Doors,
        hosting: Hosting,
    ) -> None:
        self._is_enclosing = bool(hosting.prefix)
        self._modules = modules
        self._lambda: Any = modules["ministack.services.lambda_svc"]
        self._responses: Any = modules["ministack.core.responses"]
        self._packages = Packages(doors.code)
        self._functions: dict[tuple[Place, str, str, str], Function] = {}
        sink = MinistackLogSink(modules)
        self._service = FunctionService(clock, doors, self._credentials, sink, hosting)
        self._dispatch = self._lambda._execute_function_dispatch
        self._invalidate = self._lambda.invalidate_worker
        self._replace()
        _take_lab_time(modules["ministack.core.sigv4"], clock)

    def serve(self, handler: Handler) -> Handler:
        """Return ministack's ``lambda`` handler with what AWS checks of an event before it."""

        async def handle(method: str, path: str, headers: Any, body: bytes, query: Any) -> Answer:
            path = self._plain(path)
            if method == "POST" and _INVOKE_PATH.fullmatch(path):
                refusal = self._refusal(headers, body)
                if refusal is not None:
                    return refusal
                # Nobody waits for the answer to an event; it may go to a destination.
                _is_invoke.set(headers.get("x-amz-invocation-type") != "Event")
                _wants_log.set(headers.get("x-amz-log-type", "").lower() == "tail")
                _client_context.set(_decoded(headers.get("x-amz-client-context")))
            answer = await handler(method, path, headers, body, query)
            if method in ("POST", "PUT") and _CODE_PATH.fullmatch(path) and answer[0] < 300:
                self._service.prepare()
            return answer

        return handle

    def _plain(self, path: str) -> str:
        """Return a path in which a function's partial ARN is its name, which ministack knows."""
        found = _PARTIAL_ARN.match(unquote(path))
        if found is None or found[2] != self._responses.get_account_id():
            return path
        return found[1] + unquote(path)[found.end() :]

    def _replace(self) -> None:
        self._lambda._execute_function_dispatch = self._run
        self._lambda.invalidate_worker = self._forget
        self._lambda._LAMBDA_STATE_TRANSITION_DELAY = _ACTIVE_AFTER_S

    def close(self) -> None:
        """End every function's process."""
        self._service.close()

    def _refusal(self, headers: Mapping[str, str], body: bytes) -> Answer | None:
        """Return Lambda's answer to an event that it does not take, or None."""
        kind = headers.get("x-amz-invocation-type", "RequestResponse")
        if kind not in _KINDS:
            text = violation(kind, "invocationType", one_of(_KINDS))
            return self._error("ValidationException", text, 400)
        limit = _LARGEST_EVENT.get(kind, _LARGEST_EVENT["RequestResponse"])
        if len(body) > limit:
            text = (
                f"{len(body)} byte payload is too large for the {kind} invocation type "
                f"(limit {limit} bytes)"
            )
            return self._error("RequestEntityTooLargeException", text, 413)
        try:
            json.loads(body or b"{}")
        except ValueError as error:
            text = (
                "Could not parse request body into json: "
                f"Could not parse payload into json: {error}"
            )
            return self._error("InvalidRequestContentException", text, 400)
        return None

    def _error(self, code: str, text: str, status: int) -> Answer:
        answer: Answer = self._responses.error_response_json(code, text, status)
        return answer

    def _run(
        self,
        record: dict[str, Any],
        config: dict[str, Any],
        event: Any,
        request_id: str,
        *given: Any,
    ) -> dict[str, Any]:
        """Run a Python function; ministack runs the others."""
        is_ours = str(config.get("Runtime")).startswith("python")
        if not is_ours or config.get("PackageType") == "Image":
            if self._is_enclosing:
                return _not_enclosed(config)
            result: dict[str, Any] = self._dispatch(record, config, event, request_id, *given)
            return result
        function = self._function(record, config)
        invocation = Invocation(
            request_id,
            json.dumps(event).encode(),
            config["FunctionArn"],
            _client_context.get(),
            self._variables(config),
        )
        outcome, tail = self._service.run(function, invocation)
        return _result(outcome, tail)

    def _variables(self, config: dict[str, Any]) -> dict[str, str]:
        depth = self._lambda._invoke_depth.get()
        variables = {DEPTH_VARIABLE: str(depth)} if depth else {}
        trace_id = self._lambda._xray_trace_id_for_invocation(config)
        return {**variables, "_X_AMZN_TRACE_ID": trace_id} if trace_id else variables

    def _function(self, record: dict[str, Any], config: dict[str, Any]) -> Function:
        """Return a function as it is now, whatever was read of it before.

        ministack changes a function's configuration in place and its code beside it, so code is
        known by its own content, never by what the configuration says.
        """
        place = Place(self._responses.get_account_id(), self._responses.get_region())
        live = self._lambda._functions.get(config["FunctionName"])
        if live is not None and config["Version"] == "$LATEST":
            record, config = live, live["config"]
        content = record.get("code_zip") or b""
        digest = digest_of(content)
        revision = f"{config['RevisionId']}:{digest}"
        key = (place, config["FunctionName"], config["Version"], revision)
        function = self._functions.get(key)
        if function is None:
            code = self._packages.unpack(digest, content)
            function = self._made(place, dict(config), revision, code)
            self._functions[key] = function
        return function

    def _made(self, place: Place, config: dict[str, Any], revision: str, code: Path) -> Function:
        layers: list[Path] = []
        for layer in reversed(config.get("Layers") or []):
            content = self._lambda._resolve_layer_zip(layer) or b""
            unpacked = self._packages.unpack(digest_of(content), content)
            layers += python_folders(unpacked)
        logging = config.get("LoggingConfig") or {}
        return Function(
            place=place,
            name=config["FunctionName"],
            version=config["Version"],
            revision=revision,
            runtime=config["Runtime"],
            handler=config["Handler"],
            role_arn=config["Role"],
            timeout_s=float(config.get("Timeout") or 3),
            memory_mb=int(config.get("MemorySize") or 128),
            variables=(config.get("Environment") or {}).get("Variables") or {},
            log_group=logging.get("LogGroup") or f"/aws/lambda/{config['FunctionName']}",
            is_json_log=logging.get("LogFormat") == "JSON",
            log_level=_level(logging),
            code=code,
            layers=tuple(layers),
            wants_sdk=wants_sdk((code, *layers)),
        )

    def _credentials(self, function: Function) -> Mapping[str, str]:
        runtime: Any = self._modules["ministack.core.lambda_runtime"]
        variables: dict[str, str] = runtime.execution_credentials(
            {
                "FunctionArn": function.place.arn("lambda", f"function:{function.name}"),
                "FunctionName": function.name,
                "Role": function.role_arn,
            }
        )
        return variables

    def _forget(
        self,
        name: str,
        qualifier: str | None = None,
        account: str | None = None,
        region: str | None = None,
    ) -> None:
        """End a function's environments, where ministack ends those of its own."""
        self._invalidate(name, qualifier=qualifier, account=account, region=region)
        place = Place(
            account or self._responses.get_account_id(), region or self._responses.get_region()
        )
        self._service.forget(place, name, qualifier)
        for known in [k for k in list(self._functions) if k[:2] == (place, name)]:
            if qualifier in (None, known[2]):
                self._functions.pop(known, None)


def _take_lab_time(sigv4: Any, clock: LabClock) -> None:
    """Let a request be signed in lab time, as functions do, or in the wall clock's."""
    failure_at = sigv4.request_time_failure

    def request_time_failure(signature: Any, *, now: datetime | None = None) -> Any:
        failure = failure_at(signature, now=now)
        return failure_at(signature, now=clock.now()) if failure and now is None else failure

    sigv4.request_time_failure = request_time_failure


def _result(outcome: Outcome, tail: str) -> dict[str, Any]:
    """Return what ministack makes an answer of: bytes for the API, else what they say."""
    body: Any = outcome.payload
    if not _is_invoke.get():
        try:
            body = json.loads(outcome.payload)
        except ValueError:
            body = outcome.payload.decode("utf-8", "replace")
    result = {"body": body, "log": tail if _wants_log.get() else ""}
    if outcome.error_type:
        result |= {"error": True, "function_error": "Unhandled"}
    return result


def _not_enclosed(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the failure of a function whose process nothing would enclose."""
    runtime = config.get("Runtime") or config.get("PackageType")
    text = f"Here run functions with a runtime of Python only, and this one has {runtime}."
    error = {"errorType": "Runtime.NotSupported", "errorMessage": text}
    return {"body": error, "log": text, "error": True, "function_error": "Unhandled"}


def _level(logging: Mapping[str, Any]) -> str:
    level = str(logging.get("ApplicationLogLevel") or "")
    return {"TRACE": "DEBUG", "WARN": "WARNING", "FATAL": "CRITICAL"}.get(level, level)


def _decoded(header: str | None) -> object:
    try:
        return json.loads(base64.b64decode(header)) if header else None
    except (ValueError, binascii.Error):
        return None

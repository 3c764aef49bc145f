"""Lambda's API, where ministack takes more than AWS does, or says something else."""

from __future__ import annotations

import base64
import binascii
import json
import logging
import platform
import re
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

from lab_utils.local_aws.functions.checks import (
    Circumstances,
    Problem,
    function_problem,
    principal_problem,
)
from lab_utils.local_aws.handlers import Answer, Handler

LAMBDA_PRINCIPAL = "lambda.amazonaws.com"
_LOG = logging.getLogger("lab.functions")
_INVALID = "InvalidParameterValueException"
_NO_ROLE = "The role defined for the function cannot be assumed by Lambda."
_NO_ZIP = "Uploaded file must be a non-empty zip"
_EMPTY_ZIP = b"PK\5\6" + bytes(18)
"""A zip file of nothing, 22 bytes: what the practical's placeholder may be."""
_LONGEST_EMPTY = 64
_CREATE_PATH = re.compile(r"/2015-03-31/functions/?")
_CONFIGURATION_PATH = re.compile(r"/2015-03-31/functions/[^/]+/configuration")
_POLICY_PATH = re.compile(r"/2015-03-31/functions/[^/]+/policy")
_CODE_PATH = re.compile(r"/2015-03-31/functions/[^/]+/code")


def check_functions(
    handler: Handler, modules: Mapping[str, ModuleType], kept_runtimes: tuple[str, ...] = ()
) -> Handler:
    """Return ministack's ``lambda`` handler with what AWS checks before it.

    The function's role has to let Lambda assume it, its runtime not to be retired, and its
    settings to be within Lambda's limits. While it is updated it stays active.

    A known difference: a zip file of nothing is taken, with a line in ``aws.log``. AWS refuses it,
    but the practical's placeholder may be one.

    Args:
        handler: ministack's handler.
        modules: ministack's modules.
        kept_runtimes: Retired runtimes that are taken all the same.

    Source:
        https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
    """
    return _Checked(handler, modules, kept_runtimes)


class _Checked:
    def __init__(
        self, handler: Handler, modules: Mapping[str, ModuleType], kept_runtimes: tuple[str, ...]
    ) -> None:
        self._handler = handler
        self._modules = modules
        self._kept_runtimes = kept_runtimes
        self._has_node = shutil.which("node") is not None

    async def __call__(
        self, method: str, path: str, headers: Any, body: bytes, query: Any
    ) -> Answer:
        is_new = method == "POST" and bool(_CREATE_PATH.fullmatch(path))
        is_change = method == "PUT" and bool(_CONFIGURATION_PATH.fullmatch(path))
        is_code = method == "PUT" and bool(_CODE_PATH.fullmatch(path))
        if method == "POST" and _POLICY_PATH.fullmatch(path):
            problem = principal_problem(str(_document(body).get("Principal", "*")))
            if problem:
                return self._refusal(problem)
        if not (is_new or is_change or is_code):
            return await self._handler(method, path, headers, body, query)
        request = _document(body)
        today = datetime.now(UTC).date()
        given = Circumstances(is_new, today, self._kept_runtimes, self._has_node)
        problem = _problem(self._modules, request, given, has_settings=not is_code)
        if problem:
            return self._refusal(problem)
        answer = await self._handler(method, path, headers, body, query)
        if answer[0] >= 300:
            return answer
        _tell(request, self._kept_runtimes)
        return answer if is_new else _still_active(self._modules, answer)

    def _refusal(self, problem: Problem) -> Answer:
        responses: Any = self._modules["ministack.core.responses"]
        answer: Answer = responses.error_response_json(*problem, 400)
        return answer


def _problem(
    modules: Mapping[str, ModuleType],
    request: Mapping[str, Any],
    given: Circumstances,
    *,
    has_settings: bool,
) -> Problem | None:
    """Return what AWS has against a function, its new code or its new configuration."""
    if _zip_of(request) == b"":
        return Problem(_INVALID, _NO_ZIP)
    problem = function_problem(request, given) if has_settings else None
    role = request.get("Role")
    if problem is None and role and not _trusts(modules, role, LAMBDA_PRINCIPAL):
        return Problem(_INVALID, _NO_ROLE)
    return problem


def _tell(request: Mapping[str, Any], kept_runtimes: tuple[str, ...]) -> None:
    """Write to the lab's log where it took what AWS refuses."""
    name = request.get("FunctionName", "a function")
    if _zip_of(request) == _EMPTY_ZIP:
        _LOG.warning("The package of %s is an empty zip file. AWS refuses it: %s", name, _NO_ZIP)
    runtime = request.get("Runtime")
    if runtime in kept_runtimes:
        _LOG.warning(
            "%s has the runtime %s, which AWS has retired and LAB_KEEP_RUNTIMES keeps; it runs "
            "under Python %s",
            name,
            runtime,
            platform.python_version(),
        )


def _zip_of(request: Mapping[str, Any]) -> bytes | None:
    """Return the zip file of a request if it is a very small one, else None."""
    text = request.get("ZipFile", (request.get("Code") or {}).get("ZipFile"))
    if not isinstance(text, str) or len(text) > _LONGEST_EMPTY:
        return None
    try:
        return base64.b64decode(text)
    except (ValueError, binascii.Error):
        return None


def _still_active(modules: Mapping[str, ModuleType], answer: Answer) -> Answer:
    """Let a function that is updated stay active, which ministack sets to pending."""
    functions: Any = modules["ministack.services.lambda_svc"]
    status, headers, body = answer
    document = _document(body)
    active = {"State": "Active", "StateReason": "", "StateReasonCode": ""}
    record = functions._functions.get(document.get("FunctionName"))
    if not record or document.get("State") != "Pending":
        return answer
    record["config"].update(active)
    return status, headers, json.dumps({**document, **active}).encode()


def _document(body: bytes | str) -> dict[str, Any]:
    try:
        document = json.loads(body or b"{}")
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _trusts(modules: Mapping[str, ModuleType], role_arn: str, service: str) -> bool:
    """Return whether a role exists in the caller's account and lets a service assume it."""
    iam: Any = modules["ministack.services.iam"]
    evaluator: Any = modules["ministack.core.iam_evaluator"]
    account = modules["ministack.core.responses"].get_account_id()
    if not re.fullmatch(rf"arn:[\w-]+:iam::{account}:role/.+", role_arn):
        return False
    role = iam._roles.get(role_arn.rsplit("/", 1)[-1]) or {}
    statements = json.loads(role.get("AssumeRolePolicyDocument") or "{}").get("Statement", [])
    effects = {
        statement.get("Effect")
        for statement in (statements if isinstance(statements, list) else [statements])
        if evaluator._service_principal_matches(statement.get("Principal"), service)
        and evaluator._action_matches(
            "sts:AssumeRole", _listed(statement.get("Action")), _listed(statement.get("NotAction"))
        )
    }
    return effects == {"Allow"}


def _listed(value: Any) -> list[str]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]

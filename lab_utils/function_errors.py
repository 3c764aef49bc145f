"""What a student is told when a Lambda function cannot be used, or ended with an error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lab_utils.errors import FunctionError, FunctionFailedError

_DEPLOY = "run lab.package_lambda() and lab.deploy_lambda()"
_ADVICE_ON_FAILURE = (
    (
        "Runtime.ImportModuleError",
        "what is deployed has no such module, as the placeholder that Terraform uploads has none: "
        f"{_DEPLOY}; the handler's first part is the name of a file at the top of the package.",
    ),
    (
        "Runtime.HandlerNotFound",
        "the handler's second part is the name of a function in that module: mend the one or the "
        "other.",
    ),
    (
        "Runtime.MalformedHandlerName",
        "write handler as MODULE.FUNCTION in terraform/lambda.tf, and run lab.apply().",
    ),
    ("Runtime.UserCodeSyntaxError", f"mend the line, then {_DEPLOY}."),
    (
        "imed out",
        "raise the function's timeout in terraform/lambda.tf (AWS gives 3 s when it is left out), "
        "and run lab.apply().",
    ),
    (
        "AccessDenied",
        "allow the function's role in terraform/iam.tf the action that the message names, and run "
        "lab.apply().",
    ),
    (
        "Forbidden",
        "allow the function's role in terraform/iam.tf iot:Publish, and run lab.apply().",
    ),
)
"""By a part of the error's type or message."""
_ADVICE_ON_REFUSAL = {
    "AccessDeniedException": "allow this user the action that the message names.",
    "InvalidParameterValueException": f"if the package is meant: {_DEPLOY}.",
    "ResourceConflictException": "an earlier change of the function still goes on: try again.",
    "TooManyRequestsException": "the function runs as often as it may at once: try again.",
}


def failed_error(function: str, result: Any, log: str) -> FunctionFailedError:
    """Return the error of a function that was invoked and ended with an error.

    Args:
        function: Its name.
        result: The payload that Lambda answered, read as JSON.
        log: The end of the invocation's log.
    """
    told = result if isinstance(result, dict) else {"errorMessage": str(result)}
    error_type, message = str(told.get("errorType", "")), str(told.get("errorMessage", ""))
    stack_trace = [str(frame).rstrip("\n") for frame in told.get("stackTrace") or []]
    happened = [": ".join(filter(None, (error_type, message))), *stack_trace]
    if log:
        happened += ["The end of its log:", *(f"  {line}" for line in log.rstrip().splitlines())]
    return FunctionFailedError(
        f"invoke {function}: it ended with an error",
        "\n".join(happened),
        _advice(f"{error_type} {message}"),
        error_type=error_type,
        error_message=message,
        stack_trace=stack_trace,
        log=log,
    )


def refused_error(
    client: Any, attempted: str, function: str, error: ClientError | BotoCoreError
) -> FunctionError:
    """Return the error of a call to Lambda that failed.

    Args:
        client: The boto3 client of Lambda.
        attempted: What was tried.
        function: The function's name.
        error: What boto3 raised.
    """
    if not isinstance(error, ClientError):
        return FunctionError(
            attempted,
            f"Lambda does not answer: {error}.",
            "run `lab status`; if the embedded AWS is down, `lab start` brings it back.",
        )
    code, words = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    if code == "ResourceNotFoundException":
        present = ", ".join(function_names(client)) or "none"
        return FunctionError(
            attempted,
            f"There is no function {function}. The functions of this account and region: "
            f"{present}.",
            "declare it in terraform/lambda.tf and run lab.apply(), or mend the name.",
        )
    advice = _ADVICE_ON_REFUSAL.get(code, "see the message.")
    return FunctionError(attempted, f"Lambda answered {code}: {words}", advice)


def function_names(client: Any) -> Sequence[str]:
    """Return the names of the account's functions, or none if they may not be listed."""
    try:
        pages = client.get_paginator("list_functions").paginate()
        return [one["FunctionName"] for page in pages for one in page["Functions"]]
    except ClientError:
        return []


def _advice(text: str) -> str:
    for words, advice in _ADVICE_ON_FAILURE:
        if words in text:
            return advice
    return f"mend the function, then {_DEPLOY}; lab.logs() has its whole log."

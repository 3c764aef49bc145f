"""What Lambda refuses of a function that is created or changed, in its own words.

Source:
    https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from lab_utils.local_aws.lambda_runtimes import CREATE_BLOCKED, UPDATE_BLOCKED, runtime_problem
from lab_utils.local_aws.violations import violation

_INVALID, _VALIDATION = "InvalidParameterValueException", "ValidationException"
_CONFIGURE = (
    "Lambda was unable to configure your environment variables because the environment variables "
    "you have provided "
)
RESERVED = frozenset(
    {
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
    }
)
"""Variables that are Lambda's own."""
_MOST_VARIABLES_BYTES = 4096
_NAME = re.compile(
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso(b?)))?-[a-z]+-\d{1}:)?(\d{12}:)?"
    r"(function:)?([a-zA-Z0-9-_]{1,64})(:(\$LATEST|[a-zA-Z0-9-_]+))?"
)
_HANDLER = re.compile(r"[^\s]{0,128}")
_VARIABLE = re.compile(r"[a-zA-Z]([a-zA-Z0-9_])+")
_RANGES = {"Timeout": (1, 900), "MemorySize": (128, 10_240)}
_ELSEWHERE = re.compile(r"(java|dotnet|ruby)[\d.]+(al2)?|go1\.x|dotnetcore[\d.]+")


_SERVICES = re.compile(
    r"apigateway|appsync|backup|batch|bedrock|chime|"
    r"cloudformation|cloudfront|cloudtrail|codebuild|codecommit|codedeploy|codepipeline|"
    r"cognito-idp|cognito-sync|config|connect|datapipeline|delivery\.logs|dlm|dms|"
    r"dynamodb|ec2|ecs|edgelambda|elasticloadbalancing|events|firehose|glue|greengrass|"
    r"guardduty|inspector|iot|iotanalytics|iotevents|kafka|kinesis|kinesisanalytics|"
    r"lakeformation|lambda|lambda\.alarms\.cloudwatch|lex|lexv2|logs|mediaconvert|monitoring|"
    r"organizations|pinpoint|pipes|quicksight|rds|redshift|s3|s3-object-lambda|sagemaker|"
    r"scheduler|secretsmanager|securityhub|serverlessrepo|servicecatalog|ses|sns|sqs|ssm|"
    r"ssm-incidents|states|storagegateway|transfer|voice-connector|vpc-lattice|workmail"
)
"""Services that invoke functions, or may: the first part of their principals."""
_SERVICE_PRINCIPAL = re.compile(r"([\w.-]+?)(\.[a-z]{2}-[a-z-]+-\d)?\.amazonaws\.com(\.cn)?")
_OTHERS = re.compile(
    r"\*|\d{12}|arn:aws[\w-]*:(iam|sts)::.+|alexa-(appkit|connectedhome)\.amazon\.com"
)


class Problem(NamedTuple):
    """A refusal.

    Attributes:
        code: AWS's error code.
        message: AWS's words.
    """

    code: str
    message: str


class Circumstances(NamedTuple):
    """What a request is judged by, beside itself.

    Attributes:
        is_new: Whether a function is created.
        today: The day.
        kept_runtimes: Retired runtimes that the lab was told to keep.
        has_node: Whether this machine runs Node.js.
    """

    is_new: bool
    today: date
    kept_runtimes: tuple[str, ...]
    has_node: bool


def function_problem(request: Mapping[str, Any], given: Circumstances) -> Problem | None:
    """Return what Lambda has against a request, or None.

    Args:
        request: The request of CreateFunction or UpdateFunctionConfiguration.
        given: What it is judged by.
    """
    return (
        _member_problem(request)
        or _range_problem(request)
        or _variables_problem((request.get("Environment") or {}).get("Variables") or {})
        or _package_problem(request, given)
        or _runtime_problem(str(request.get("Runtime") or ""), given)
    )


def principal_problem(principal: str) -> Problem | None:
    """Return what Lambda has against the principal of a permission, such as a misspelt service.

    Args:
        principal: As in the request of AddPermission.
    """
    service = _SERVICE_PRINCIPAL.fullmatch(principal)
    if service is None:
        is_known = bool(_OTHERS.fullmatch(principal))
    else:
        is_known = bool(_SERVICES.fullmatch(service[1]))
    if is_known:
        return None
    words = "The provided principal was invalid. Please check the principal and try again."
    return Problem(_INVALID, words)


def _member_problem(request: Mapping[str, Any]) -> Problem | None:
    for member, pattern in (("FunctionName", _NAME), ("Handler", _HANDLER)):
        value = request.get(member)
        if isinstance(value, str) and not pattern.fullmatch(value):
            constraint = f"Member must satisfy regular expression pattern: {pattern.pattern}"
            return _violation(value, member, constraint)
    return None


def _range_problem(request: Mapping[str, Any]) -> Problem | None:
    for member, (least, most) in _RANGES.items():
        value = request.get(member)
        if isinstance(value, int) and value > most:
            constraint = f"Member must have value less than or equal to {most}"
            return _violation(value, member, constraint)
        if isinstance(value, int) and value < least:
            constraint = f"Member must have value greater than or equal to {least}"
            return _violation(value, member, constraint)
    return None


def _variables_problem(variables: Mapping[str, str]) -> Problem | None:
    reserved = sorted(RESERVED & variables.keys())
    if reserved:
        words = (
            f"{_CONFIGURE}contains reserved keys that are currently not supported for "
            f"modification. Reserved keys used in this request: {', '.join(reserved)}"
        )
        return Problem(_INVALID, words)
    wrong = [name for name in variables if not _VARIABLE.fullmatch(name)]
    if wrong:
        shown = ", ".join(f"{name}={value}" for name, value in variables.items())
        constraint = (
            "Map keys must satisfy constraint: [Member must satisfy regular expression pattern: "
            f"{_VARIABLE.pattern}]"
        )
        return _violation(f"{{{shown}}}", "environment.variables", constraint)
    text = json.dumps(variables, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode()) > _MOST_VARIABLES_BYTES:
        words = f"{_CONFIGURE}exceeded the 4KB limit. String measured: {text}"
        return Problem(_INVALID, words)
    return None


def _package_problem(request: Mapping[str, Any], given: Circumstances) -> Problem | None:
    if given.is_new and not request.get("Code"):
        return Problem(_INVALID, "Please provide a source for function code.")
    if request.get("PackageType") != "Image":
        return None
    words = "The lab runs no container images (PackageType Image): give the code as a zip file."
    return Problem(_INVALID, words)


def _runtime_problem(runtime: str, given: Circumstances) -> Problem | None:
    if not runtime or runtime.startswith("provided") or runtime in given.kept_runtimes:
        return None
    if runtime.startswith("nodejs") and given.has_node:
        return None
    if runtime.startswith("nodejs") or _ELSEWHERE.fullmatch(runtime):
        words = (
            f"The lab does not run functions of the runtime {runtime}, which AWS may: it runs "
            "Python, and Node.js if `node` is on the PATH."
        )
        return Problem(_INVALID, words)
    if runtime not in CREATE_BLOCKED:
        words = (
            f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum "
            f"value set: [{', '.join(reversed(CREATE_BLOCKED))}] or be a valid ARN"
        )
        return Problem(_INVALID, words)
    blocked = CREATE_BLOCKED if given.is_new else UPDATE_BLOCKED
    problem = runtime_problem(runtime, blocked, given.today)
    return Problem(_INVALID, problem) if problem else None


def _violation(value: object, member: str, constraint: str) -> Problem:
    name = member[0].lower() + member[1:]
    return Problem(_VALIDATION, violation(value, name, constraint))

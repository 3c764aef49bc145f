"""Names of Lambda: functions and runtimes."""

from __future__ import annotations

from lab_utils.local_aws.provider.validation import matches

FUNCTION_NAME = matches(
    r"(arn:[\w-]+:lambda:)?([a-z]{2}-([a-z]+-){1,2}\d:)?(\d{12}:)?(function:)?"
    r"[0-9A-Za-z_-]{1,140}(:(\$LATEST|[0-9A-Za-z_-]+))?",
    "must be valid function name or function ARN",
)

RUNTIMES = (
    *("nodejs", "nodejs4.3", "nodejs6.10", "nodejs8.10", "nodejs10.x", "nodejs12.x"),
    *("nodejs14.x", "nodejs16.x", "java8", "java8.al2", "java11", "python2.7", "python3.6"),
    *("python3.7", "python3.8", "python3.9", "dotnetcore1.0", "dotnetcore2.0"),
    *("dotnetcore2.1", "dotnetcore3.1", "dotnet6", "dotnet8", "nodejs4.3-edge", "go1.x"),
    *("ruby2.5", "ruby2.7", "provided", "provided.al2", "nodejs18.x", "python3.10"),
    *("java17", "ruby3.2", "ruby3.3", "ruby3.4", "python3.11", "nodejs20.x"),
    *("provided.al2023", "python3.12", "java21", "python3.13", "nodejs22.x", "nodejs24.x"),
    *("python3.14", "java25", "dotnet10"),
)
"""What the real provider lets through, retired ones included; whether AWS still takes them is
the API's to say.
"""

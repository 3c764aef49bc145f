"""Which Python runtimes Lambda still takes: dates as data.

Source:
    https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
"""

from __future__ import annotations

from datetime import date

RECOMMENDED = "python3.13"
CREATE_BLOCKED = {
    "python2.7": date(2022, 5, 30),
    "python3.6": date(2022, 7, 18),
    "python3.7": date(2024, 1, 9),
    "python3.8": date(2026, 8, 31),
    "python3.9": date(2026, 8, 31),
    "python3.10": date(2026, 11, 30),
    "python3.11": date(2027, 7, 31),
    "python3.12": date(2028, 11, 30),
    "python3.13": date(2029, 7, 31),
    "python3.14": date(2029, 7, 31),
}
"""From this day on, no function is created with the runtime; days to come are AWS's forecast."""

UPDATE_BLOCKED = {
    "python2.7": date(2022, 5, 30),
    "python3.6": date(2022, 8, 17),
    "python3.7": date(2026, 9, 30),
}
"""From this day on, no function is changed to the runtime."""


def runtime_problem(runtime: str, blocked: dict[str, date], today: date) -> str | None:
    """Return Lambda's refusal of a runtime, or ``None`` if it is taken.

    Args:
        runtime: As in the request, ``python3.7``.
        blocked: ``CREATE_BLOCKED`` or ``UPDATE_BLOCKED``.
        today: The day of the request.
    """
    if runtime not in blocked or today < blocked[runtime]:
        return None
    return (
        f"The runtime parameter of {runtime} is no longer supported for creating or updating "
        f"AWS Lambda functions. We recommend you use the new runtime ({RECOMMENDED}) while "
        "creating or updating functions."
    )

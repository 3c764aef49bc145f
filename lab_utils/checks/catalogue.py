"""All checks, by part and by id."""

from __future__ import annotations

from lab_utils.checks import part1, part2, part3, part4, part5, part6, part7
from lab_utils.checks.base import Check, CheckContext, Report, Result, run_check, run_checks
from lab_utils.errors import SettingsError

ALL_CHECKS: tuple[Check, ...] = (
    *part1.CHECKS,
    *part2.CHECKS,
    *part3.CHECKS,
    *part4.CHECKS,
    *part5.CHECKS,
    *part6.CHECKS,
    *part7.CHECKS,
)


def check_named(check_id: str, context: CheckContext) -> Result:
    """Return the result of one check.

    Raises:
        SettingsError: There is no check of that id.
    """
    for check in ALL_CHECKS:
        if check.id == check_id:
            return run_check(check, context)
    raise SettingsError(
        f"run the check {check_id!r}",
        "There is no check of that id.",
        f"choose from: {', '.join(check.id for check in ALL_CHECKS)}.",
    )


def run_part(context: CheckContext, part: int | None = None) -> Report:
    """Return the results of a part's checks, or of all.

    Raises:
        SettingsError: There are no checks for that part.
    """
    chosen = [check for check in ALL_CHECKS if part in (None, check.part)]
    if chosen:
        return run_checks(chosen, context)
    raise SettingsError(
        f"check part {part}",
        "There are no checks for that part.",
        f"choose from: {', '.join(sorted({str(check.part) for check in ALL_CHECKS}))}.",
    )

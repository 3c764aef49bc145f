"""What the log of a failed job points to: the usual reasons, each with a way on."""

from __future__ import annotations

import re

_LAST = 60
"""How many of a log's last lines are looked at."""
_LONGEST_LINE = 500
_REASONS: tuple[tuple[str, str], ...] = (
    (
        r"(?:line \d+: )?(?P<what>[\w.+-]+): (?:command )?not found",
        "`{what}` is not there: install it in the job, or take an image that has it; for a run on "
        "this machine, it has to be on PATH.",
    ),
    (
        r"(?P<what>\S+): Permission denied",
        "`{what}` has no right to be run: git update-index --chmod=+x, or `bash {what}`.",
    ),
    (
        r"bad interpreter|\$'\\r'|\\r: not found|python3?\\r",
        "Windows' line ends (CRLF) in a script: write `* text=auto eol=lf` into .gitattributes.",
    ),
    (
        r"ResourceNotFoundException",
        "There is no such function in that region: make it with Terraform first, and look at "
        "--region and AWS_DEFAULT_REGION.",
    ),
    (
        r"AccessDenied",
        "The keys are those of a user who may not do that: allow lambda:UpdateFunctionCode on "
        "the function.",
    ),
    (
        r"InvalidClientTokenId|UnrecognizedClient|token .* is invalid|SignatureDoesNotMatch",
        "AWS does not know the key: look at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    ),
    (
        r"Unable to locate credentials",
        "Enter AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY under Settings > CI/CD > Variables "
        "(here: variables=...).",
    ),
    (
        r"must specify a region|You must specify a region",
        "Enter AWS_DEFAULT_REGION under Settings > CI/CD > Variables, or as a variable.",
    ),
    (
        r"Unable to load paramfile fileb?://(?P<what>\S+?\.zip)",
        "`{what}` did not reach this job: it has to be an artifact of the package job.",
    ),
    (
        r"there is no package (?P<what>\S+\.zip)",
        "`{what}` did not reach this job: it has to be an artifact of the package job.",
    ),
    (
        r"No matching distribution found for (?P<what>[\w.-]+)",
        "pip cannot get `{what}`: without a network it has only what the workbook has.",
    ),
    (
        r"ModuleNotFoundError: No module named '(?P<what>[\w.]+)'",
        "Python does not find `{what}`: install it in before_script, or look at the folder that "
        "the tests are started in.",
    ),
    (
        r"file or directory not found: (?P<what>\S+)",
        "`{what}` is not in the repository: paths begin at its root.",
    ),
    (
        r"collected 0 items|no tests ran",
        "pytest found no tests: their files are called test_*.py, their functions test_*.",
    ),
    (r"No space left on device", "The disk is full: free some space."),
    (
        r"(?P<what>[^\s:'\"]+): No such file or directory",
        "`{what}` is not there: paths begin at the root of the repository, and each job has only "
        "the artifacts of the jobs before it.",
    ),
    (r"\d+ failed|^FAILED ", "A test failed: the log names it, with what it expected."),
)


def explain(log: str, command: str) -> str:
    """Return what a failed job's log points to, in a sentence; "" where that is not known.

    Args:
        log: The job's log.
        command: The command that failed.
    """
    lines = log.splitlines()
    marks = [number for number, line in enumerate(lines) if line == f"$ {command}"]
    last = "\n".join(lines[marks[-1] :] if marks else lines)
    last = "\n".join(line[:_LONGEST_LINE] for line in last.splitlines()[-_LAST:])
    for pattern, hint in _REASONS:
        if found := re.search(pattern, last, re.M):
            return hint.format(what=found.groupdict().get("what") or "")
    return ""

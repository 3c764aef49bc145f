"""The rule about secrets: none stands in the pipeline file, nor in the scripts that it calls."""

from __future__ import annotations

from collections.abc import Iterator

from lab_utils.pipeline.look import Look
from lab_utils.pipeline.report import Problem, Severity
from lab_utils.pipeline.secrets import Secret, find_secrets

_HINT = (
    "take it out and enter it under Settings > CI/CD > Variables, masked and protected; "
    "whoever has the history has it still, so deactivate it too."
)


def secret(look: Look) -> Iterator[Problem]:
    """Yield what is secret in the file, in what it includes, and in the scripts that it calls."""
    for file in read_files(look):
        for found in find_secrets(look.repository.text(file) or ""):
            severity: Severity = "remark" if found.is_documented else "error"
            yield Problem(found.line, "", _says(found), _HINT, "secret", severity, file)


def read_files(look: Look) -> list[str]:
    """Return the names of the files whose text decides what the pipeline does."""
    scripts = [script.name for reading in look.readings.values() for script in reading.scripts]
    return list(dict.fromkeys([*look.composition.documents, *scripts]))


def _says(found: Secret) -> str:
    if found.is_documented:
        return f"`{found.shown}` is the key of AWS's documentation: keys do not belong here."
    return f"Here stands {found.kind} (`{found.shown}`), for everybody who can read the repository."

"""What grading encloses submissions with; students do not need it."""

from __future__ import annotations

from lab_utils.doctor.symptoms import Symptom, note, ok
from lab_utils.errors import SandboxError
from lab_utils.grading.sandbox.trial import require_bubblewrap

_NAME = "bubblewrap"


def examine_sandbox() -> Symptom:
    """Return whether bubblewrap encloses a program here, which is tried."""
    try:
        program = require_bubblewrap()
    except SandboxError as error:
        return note(_NAME, f"for grading only. {error.happened}", error.next_step)
    return ok(_NAME, f"{program} encloses a program (for grading)")

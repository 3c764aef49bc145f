"""What a failed Terraform command tells the reader: its own diagnostics, and the way on."""

from __future__ import annotations

from collections.abc import Callable

from lab_utils.errors import TerraformError
from lab_utils.terraform_events import Outcome, render_diagnostic

_MOST_SHOWN = 5
_MEND = "mend what the message names, then run it again."
_UNKNOWN_TYPES = {"Invalid resource type": "resource", "Invalid data source": "data_source"}
_STEPS = {
    "Failed to query available provider packages": (
        "on the embedded AWS the providers hashicorp/aws, hashicorp/local and hashicorp/archive "
        "need no network; for any other one Terraform has to reach its registry."
    ),
    "Plugin did not respond": (
        "the embedded AWS went away while Terraform worked. Run it again: it is started anew, "
        "with what it had stored; its log is .lab/aws.log."
    ),
    "Failed to load plugin schemas": (
        "the embedded AWS does not answer. In a shell take over its environment again, by "
        'eval "$(lab start)".'
    ),
    "Error acquiring the state lock": (
        "another Terraform works in this folder: wait for it to end, then run it again."
    ),
}


def explain(
    attempted: str, outcome: Outcome, stderr: str, supported: Callable[[str], list[str]]
) -> TerraformError:
    """Return the error of a failed command.

    Args:
        attempted: What the lab tried to do.
        outcome: What Terraform reported.
        stderr: What it printed besides.
        supported: Returns the supported types of a kind, ``resource`` or ``data_source``.
    """
    rendered = list(dict.fromkeys(render_diagnostic(one) for one in outcome.errors))
    shown = rendered[:_MOST_SHOWN] or [stderr.strip()]
    if len(rendered) > _MOST_SHOWN:
        shown.append(f"... and {len(rendered) - _MOST_SHOWN} more errors.")
    step = _next_step(outcome, supported)
    return TerraformError(attempted, "\n\n".join(shown), step, tuple(outcome.errors))


def _next_step(outcome: Outcome, supported: Callable[[str], list[str]]) -> str:
    summaries = [one["summary"] for one in outcome.errors]
    for summary in summaries:
        if kind := _UNKNOWN_TYPES.get(summary):
            names = ", ".join(supported(kind))
            return f"use a type that the providers at hand support: {names}."
    return next((_STEPS[summary] for summary in summaries if summary in _STEPS), _MEND)

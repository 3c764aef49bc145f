"""The results of a class as the batch writes them: right, partial, late, broken and hostile."""

from __future__ import annotations

from typing import Any

from lab_utils.checks.base import Result
from lab_utils.checks.catalogue import ALL_CHECKS
from lab_utils.grading.results import Phase, SetAside, Verdict

GRADED_AT = "2026-11-28T13:05:00+00:00"
HOSTILE = "</dd><script>alert(1)</script><img src=x onerror=alert(2)>"
SECRET = "the rule stores 40.0 exactly"
HIDDEN = "hidden-topic-filter"
PHASES = ("read", "package", "apply", "device", "rules", "tables", "lambda", "loop", "pipeline")


def results_of(*submissions: dict[str, Any]) -> dict[str, Any]:
    """Return the results of a class."""
    return {
        "format": 1,
        "course": "practical-aws-iot",
        "run": "2026-11-28T12:00:00+00:00",
        "graded_at": GRADED_AT,
        "late_policy": {
            "due": "2026-11-25T23:59:00+01:00",
            "rule": "10%/day,max 50%",
            "grace_minutes": 0,
        },
        "checks": [{"id": one.id, "part": one.part, "points": one.points} for one in ALL_CHECKS],
        "submissions": list(submissions),
    }


def submission(
    student: str,
    failed: dict[str, str] | None = None,
    *,
    seconds: float = 62.0,
    is_hidden_passed: bool = True,
    **changes: Any,
) -> dict[str, Any]:
    """Return one student's entry.

    Args:
        student: Any name.
        failed: The checks that did not pass, and what each saw; ``*`` stands for all others.
        seconds: How long its grading took.
        is_hidden_passed: How the instructor's own check ended.
        changes: Other values of the entry, or of its verdict's ``phases``, ``set_aside`` and
            ``remarks``.
    """
    verdict = Verdict(
        checks=(*_checks(failed or {}), _hidden(is_hidden_passed)),
        phases=changes.pop("phases", _phases(seconds)),
        set_aside=changes.pop("set_aside", ()),
        remarks=changes.pop("remarks", ()),
    )
    earned = verdict.report.earned
    late = changes.get("late", {"days": 0, "percent": 0.0, "penalty": 0.0})
    return {
        "student": student,
        "source": f"{student}.zip",
        "form": "repository",
        "submitted_at": "2026-11-25T18:00:00+00:00",
        "time_from": "file time",
        "late": late,
        "points": verdict.report.points,
        "earned": earned,
        "final": max(0.0, earned - late["penalty"]),
        "verdict": verdict.to_json(),
        "ending": {"status": "done", "seconds": seconds, "reason": ""},
        "sha256": "1" * 64,
        "graded_at": GRADED_AT,
        "run": "2026-11-28T12:00:00+00:00",
        "remarks": [],
        "history": [],
        **changes,
    }


def whole_class() -> dict[str, Any]:
    """Return the results of a class of seven, with a report of similar work."""
    results = results_of(
        submission("ada"),
        submission("grace.hopper", NO_RULE, **REGRADED),
        submission("Zoë O'Brien-李", NO_RULE | {"part4-hot": NO_SWITCH}, late=TWO_DAYS),
        submission("timeout", {"*": "not reached: the time limit of 600 s"}, **ENDED),
        submission("unreadable", {"*": "not reached"}, phases=(), **UNREADABLE),
        submission("../../etc/<b>mallory</b>\u202e", {"*": HOSTILE}, **HOSTILE_WORK),
        submission("left.out", {"part5-tests": WALL}, is_hidden_passed=False, **LEFT_OUT),
    )
    return {**results, "similarity": SIMILARITY}


def _checks(failed: dict[str, str]) -> tuple[Result, ...]:
    return tuple(
        Result(
            one.id,
            one.part,
            one.points,
            0 if one.id in failed or "*" in failed else one.points,
            "failed" if one.id in failed or "*" in failed else "passed",
            failed.get(one.id, failed.get("*", "as it should be: `Temperature` holds it")),
            one.wanted,
            one.hint if one.id in failed or "*" in failed else "",
        )
        for one in ALL_CHECKS
    )


def _hidden(is_passed: bool) -> Result:
    status, earned = ("passed", 5) if is_passed else ("failed", 0)
    return Result(HIDDEN, 2, 5, earned, status, SECRET, SECRET, f"hint: {SECRET}")


def _phases(seconds: float) -> tuple[Phase, ...]:
    shares = (0.0, 0.02, 0.08, 0.05, 0.1, 0.1, 0.15, 0.3, 0.2)
    told = {"apply": ("Applied 19 resources.", "hashicorp/aws ~> 4.0 was pinned: not needed here.")}
    return tuple(
        Phase(name, "done", round(seconds * share, 2), told.get(name, ()))
        for name, share in zip(PHASES, shares, strict=True)
    )


NO_SWITCH = "AC-1 was not switched on within 3 minutes at a mean of 36.2"
NO_RULE = {
    "part2-hot-45": 'no item with the id "5f1c" in the table `Temperature` after 10 s',
    "part2-hot-40": 'no item with the id "77aa" in the table `Temperature` after 10 s',
}
TWO_DAYS = {"days": 2, "percent": 20.0, "penalty": 19.0}
WALL = "FAILED test_own.py\n" + "x" * 900 + "\n" + "  assert 1 == 2\n" * 400
REGRADED: dict[str, Any] = {
    "history": [
        {
            "graded_at": "2026-11-27T09:00:00+00:00",
            "earned": 61,
            "points": 105,
            "final": 61.0,
            "ending": {"status": "done", "seconds": 60.0, "reason": ""},
            "sha256": "2" * 64,
            "checks": {},
        }
    ],
}
ENDED: dict[str, Any] = {
    "ending": {"status": "late", "seconds": 600.0, "reason": "In the phase `loop`, after 600 s."},
    "phases": (Phase("read", "done", 0.2), Phase("loop", "late", 540.0, ("The house ran.",))),
}
UNREADABLE: dict[str, Any] = {
    "ending": {"status": "unreadable", "seconds": 0.1, "reason": "The zip names `../evil.tf`."},
    "form": "",
    "submitted_at": None,
}
HOSTILE_WORK: dict[str, Any] = {
    "set_aside": (SetAside(f'resource "{HOSTILE}" "x"', "terraform/<i>.tf", 3, HOSTILE),),
    "remarks": (f"\x1b[2J\x07 and {HOSTILE}", "Z" + "\u0301" * 500),
    "phases": (Phase("apply", "failed", 3.0, (HOSTILE, "\u202eesrever")),),
    "seconds": 3.0,
    "source": f"{HOSTILE}.zip",
}
LEFT_OUT: dict[str, Any] = {
    "set_aside": (
        SetAside(
            'resource "aws_iot_topic_rule" "hot_readings_to_dynamo"',
            "terraform/iot.tf",
            41,
            "Unsupported argument: An argument named `enable` is not expected here. "
            "Did you mean `enabled`?",
        ),
        SetAside('data "external" "who"', "terraform/main.tf", 7, "This provider is not known."),
    ),
    "remarks": ("The function's runtime `python3.7` has been retired by AWS; it was kept alive.",),
}
SIMILARITY: dict[str, Any] = {
    "compared": 6,
    "typical": 0.012,
    "more": 0,
    "note": "Similar work has many causes, such as working together where that is allowed.",
    "left_out": [{"student": "unreadable", "file": "iot.tf", "why": "it cannot be read"}],
    "pairs": [
        {
            "students": ["ada", "grace.hopper"],
            "score": 0.83,
            "shares": [0.9, 0.77],
            "passages": [
                {
                    "kind": "HCL",
                    "tokens": 57,
                    "places": [
                        {
                            "file": "terraform/iot.tf",
                            "first_line": 3,
                            "last_line": 5,
                            "text": 'resource "aws_iot_topic_rule" "hot" {\n  enabled = true\n}',
                        },
                        {
                            "file": "main.tf",
                            "first_line": 40,
                            "last_line": 42,
                            "text": 'resource "aws_iot_topic_rule" "x" {\n  enabled = true\n}',
                        },
                    ],
                }
            ],
        }
    ],
}

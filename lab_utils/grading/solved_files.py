"""Which files of the checkout solve an exercise."""

from __future__ import annotations

SOLVED_FILES = (
    "ci/lambda.gitlab-ci.yml",
    "lambda/ac_control_lambda/tests/test_decision.py",
    "lambda/ac_control_lambda/tests/test_own.py",
)
"""Files that solve an exercise, where the checkout has them: the pipeline, and tests of part 5."""

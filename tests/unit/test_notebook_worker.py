"""Papermill as a batch starts it."""

from __future__ import annotations

import subprocess
import sys


def test_papermill_starts_without_the_parser_that_no_notebook_needs() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "lab_utils.notebook_worker", "--version"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "papermill" in result.stdout
    assert "jsonschema._format" in result.stderr
    assert "rfc3987_syntax.syntax_helpers" not in result.stderr

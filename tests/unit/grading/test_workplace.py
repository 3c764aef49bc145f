"""Programs of students while they run: followed, limited, ended."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lab_utils.grading.workplace import MOST_KEPT, Ended, Workplace, cleaned, run
from tests.unit.grading.configuration.folders import place_of

LONG_S = 60.0


def run_python(place: Workplace, code: str, timeout_s: float = LONG_S) -> Ended:
    return run(place, [sys.executable, "-c", code], place.workspace, {}, timeout_s)


def test_both_streams_come_in_order_with_the_status(tmp_path: Path) -> None:
    code = "import os\nos.write(1, b'one\\n')\nos.write(2, b'two\\r\\n')\nos._exit(3)"
    assert run_python(place_of(tmp_path), code) == Ended(3, "one\ntwo", is_late=False)


def test_a_program_is_ended_when_its_time_is_over(tmp_path: Path) -> None:
    code = "import time\nprint('begun', flush=True)\ntime.sleep(600)"
    ended = run_python(place_of(tmp_path), code, timeout_s=3.0)
    assert ended.is_late
    assert ended.status < 0


def test_what_a_program_leaves_behind_is_not_waited_for(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print('done')"
    )
    assert run_python(place_of(tmp_path), code) == Ended(0, "done", is_late=False)


def test_only_the_end_of_much_output_is_kept(tmp_path: Path) -> None:
    ended = run_python(place_of(tmp_path), "for n in range(60000): print(f'{n:07}')\nprint('end')")
    assert len(ended.output) <= MOST_KEPT
    assert ended.output.endswith("0059999\nend")
    ended = run_python(place_of(tmp_path), "print('x' * 5_000_000)\nprint('end')")
    assert len(ended.output) <= MOST_KEPT + len("\nend")


def test_a_program_that_cannot_be_started_says_why(tmp_path: Path) -> None:
    place = place_of(tmp_path)
    ended = run(place, [sys.executable], tmp_path / "gone", {}, LONG_S)
    assert ended.status == 127
    assert ended.output.startswith("No such file or directory: ")
    assert not ended.is_late


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07done", "done"),
        ("a\x08\x00b\r\n", "ab\n"),
        ("a\u202eb\x9b31m", "ab31m"),
        ("tab\tand é", "tab\tand é"),
    ],
)
def test_output_cannot_move_a_cursor_or_hide(text: str, wanted: str) -> None:
    assert cleaned(text) == wanted


def test_the_scratch_folder_goes(tmp_path: Path) -> None:
    with place_of(tmp_path).scratch() as folder:
        assert folder.parent == tmp_path
        (folder / "x").write_text("x")
    assert list(tmp_path.iterdir()) == []

"""Who started whom, and what they use: as Linux tells it, and as other systems do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab_utils.errors import SandboxError
from lab_utils.grading.sandbox import processes
from lab_utils.grading.sandbox.processes import Process, list_processes, tree
from lab_utils.grading.sandbox.supervisor import run_cell

PARENTS = {1: 0, 2: 1, 3: 2, 4: 3, 5: 1}


def test_a_tree_holds_all_that_a_process_started() -> None:
    table = {pid: Process(pid, parent, 0, "x", 0) for pid, parent in PARENTS.items()}
    assert tree(table, [2]) == {2, 3, 4}
    assert tree(table, [9]) == set()


@pytest.mark.parametrize("folder", ["/proc", "/no/such/folder"])
def test_a_child_is_found_with_its_memory_until_it_is_killed(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_PROC", Path(folder))
    command = [sys.executable, "-S", "-c", "print(flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        table = list_processes()
        assert table[child.pid].parent == os.getpid()
        assert child.pid in tree(table, [os.getpid()])
        assert processes.command_of(child.pid)[1] == "-S"
        assert 2**20 < processes.proportional_memory(table, [child.pid]) < 2**30
        processes.kill_all([child.pid])
        assert child.wait() != 0
        assert child.pid not in list_processes()
    processes.kill_all([child.pid])


def test_on_windows_it_says_where_to_grade(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(SandboxError, match="as Windows does not") as caught:
        run_cell({}, print, unsafe=True)
    assert "WSL" in caught.value.next_step

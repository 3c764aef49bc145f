"""Hostile programs in a cell: each is contained, ended where it must be, and told why."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from lab_utils.grading.sandbox.cell_command import Bubblewrap
from lab_utils.grading.sandbox.limits import Limits
from lab_utils.grading.sandbox.paths import CellPaths
from lab_utils.grading.sandbox.processes import mentioning
from lab_utils.grading.sandbox.supervisor import DONE, FAILED, LATE, OVER, Ending, run_cell
from lab_utils.settings import CHECKOUT
from lab_utils.waiting import wait_for

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        shutil.which("bwrap") is None, reason="bubblewrap is not installed: apt install bubblewrap"
    ),
]
WORKER = Path(__file__).with_name("cell_worker_of_tests.py")
SOLUTION = CHECKOUT / "lambda" / "ac_control_lambda" / "src"
HIDDEN = "CHECKS = ('of the instructor',)"
SECRET = "a secret of the instructor"
LIMITS = Limits(seconds=540, memory_mb=700, processes=60, disk_mb=256, files=20_000, file_mb=128)
FUNCTIONS = ["look", "eat", "hoard", "live"]
PYTHON = sys.executable
Seen = dict[str, dict[str, Any]]

EATERS = {
    "fork bomb": ["bash", "-c", "bomb() { bomb | bomb & }; bomb; sleep 170"],
    "memory": [PYTHON, "-c", "x = bytearray(b'x' * 2**31)"],
    "memory of many": [
        PYTHON,
        "-c",
        "import os, time\n"
        "for _ in range(12): os.fork() or (bytearray(b'x' * 2**27), time.sleep(170))\n"
        "time.sleep(170)",
    ],
    "many files": [PYTHON, "-c", "for n in range(10**7): open(f'f{n}', 'w').close()"],
    "much disk": [
        "bash",
        "-c",
        "for n in 1 2 3 4; do head -c 100M /dev/zero > b$n; done; sleep 170",
    ],
    "signals": ["bash", "-c", "trap '' TERM INT HUP; while :; do sleep 1; done"],
}
REASONS = {
    "fork bomb": "ran more than 60 processes at once",
    "memory": "used more than 700 MB of memory",
    "memory of many": "used more than 700 MB of memory",
    "many files": "made more than 20000 files",
    "much disk": "wrote more than 256 MB",
    "signals": "took longer than 1 s",
}
OTHERS = {
    "large file": ["bash", "-c", "rm -f f* b*; head -c 200M /dev/zero > large; stat -c %s large"],
    "daemon": ["bash", "-c", "(setsid sleep 4242 &) ; (setsid nohup sleep 4243 &) ; echo bye"],
    "flood": ["bash", "-c", "echo first; head -c 30M /dev/zero | tr '\\0' x; echo last"],
    "escapes": ["printf", "\\033[31mred\\033[0m \\033]0;title\\007\\r100 of 100\\n"],
    "network": [
        PYTHON,
        "-c",
        "import socket\n"
        "for host in ('example.com', '192.0.2.1', '169.254.169.254'):\n"
        "    try: socket.create_connection((host, 80), 5); print('reached')\n"
        "    except OSError as error: print(type(error).__name__)\n"
        "print(*[socket.create_server(('127.0.0.1', port)) and port for port in (80, 444)])",
    ],
    "processes of a task": ["ps", "-e", "-o", "comm="],
    "environment": ["bash", "-c", "cat /proc/*/environ | tr '\\0' '\\n'; env"],
    "rights": [
        "bash",
        "-c",
        "grep -E 'NoNewPrivs|CapEff|Seccomp:' /proc/self/status; id -u; ls /dev",
    ],
    "namespaces": ["unshare", "--user", "--map-root-user", "id"],
    "mounts": ["mount", "-t", "tmpfs", "none", "/tmp"],
    "calls": [
        PYTHON,
        "-c",
        "import ctypes, os\n"
        "library = ctypes.CDLL(None, use_errno=True)\n"
        "print(library.keyctl(0, -3) if hasattr(library, 'keyctl') else -1)\n"
        "try: os.memfd_create('x')\n"
        "except OSError as error: print(error.strerror)",
    ],
}


def run(order: dict[str, Any], **told: Any) -> tuple[Seen, Ending]:
    seen: Seen = {}
    worker = [PYTHON, "-P", "-c", WORKER.read_text(encoding="utf-8")]
    given = {"hidden.py": HIDDEN.encode()}
    ending = run_cell(
        {"solution": str(SOLUTION), "secret": SECRET, "functions": [], "attempts": [], **order},
        lambda event: seen.update({str(event.get("name", event["event"])): event}),
        **{"given": given, "limits": LIMITS, "worker": worker, **told},
    )
    return seen, ending


def lookers(canary: Path) -> dict[str, list[str]]:
    """Return programs that look for what is not theirs, and that write what is not."""
    places = ["/cell/order.json", "/cell/given", "/cell/private", "/etc/shadow"]
    places += ["/cell/server/tmp", "/cell/server/lab/state", "/cell/server/lab/session.json"]
    places += [str(canary), str(CHECKOUT / "notebooks"), str(CHECKOUT / "tests"), str(SOLUTION)]
    places += [str(Path.home() / ".ssh"), "/run", "/sys", "/work/shared"]
    looks = "\n".join(f"test -e '{place}' && echo '{place}'" for place in places)
    writes = "\n".join(
        f"touch '{place}/x' 2>/dev/null && echo '{place}'"
        for place in ("/", "/etc", "/usr", "/dev", sys.prefix, CHECKOUT / "lab_utils", "/cell")
    )
    return {
        "looking": ["bash", "-c", f"{looks}\necho looked"],
        "writing": ["bash", "-c", f"{writes}\necho wrote"],
    }


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> tuple[Seen, Ending]:
    canary = tmp_path_factory.mktemp("other") / "submission.txt"
    canary.write_text("another student's")
    mine = {"AWS_SECRET_ACCESS_KEY": SECRET, "HOME": str(canary.parent)}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in mine.items():
            patch.setenv(name, value)
        attempts = [(name, command, 180) for name, command in {**OTHERS, **lookers(canary)}.items()]
        eating = [
            (name, command, 1 if name == "signals" else 180) for name, command in EATERS.items()
        ]
        return run({"functions": FUNCTIONS, "attempts": eating + attempts})


def test_a_hostile_submission_is_graded_to_its_end(cell: tuple[Seen, Ending]) -> None:
    assert cell[1].status == DONE, cell[1]
    assert cell[0]["given"]["output"] == HIDDEN


@pytest.mark.parametrize("name", EATERS)
def test_what_goes_over_a_limit_is_ended_with_the_reason(
    cell: tuple[Seen, Ending], name: str
) -> None:
    assert cell[0][name]["reason"] == REASONS[name]
    assert any(REASONS[name] in sentence for sentence in cell[0]["ended"]["output"])


def test_a_file_cannot_grow_over_its_limit(cell: tuple[Seen, Ending]) -> None:
    assert cell[0]["large file"]["output"].strip() == str(128 * 2**20)


def test_no_process_stays_behind(cell: tuple[Seen, Ending]) -> None:
    assert cell[0]["daemon"]["output"] == "bye\n"
    assert "sleep 424" not in cell[0]["processes"]["output"]


def test_output_is_bounded_and_clean(cell: tuple[Seen, Ending]) -> None:
    flood = cell[0]["flood"]["output"]
    assert flood.startswith("first\n")
    assert flood.endswith("last\n")
    assert len(flood) < LIMITS.output_bytes + 100
    assert cell[0]["escapes"]["output"] == "100 of 100\n"


def test_there_is_no_network_but_the_cells_own_with_all_its_ports(
    cell: tuple[Seen, Ending],
) -> None:
    *reached, ports = cell[0]["network"]["output"].splitlines()
    assert reached == ["gaierror", "OSError", "OSError"]
    assert ports == "80 444"


def test_nothing_of_others_is_seen(cell: tuple[Seen, Ending]) -> None:
    assert cell[0]["looking"]["output"] == "looked\n"
    assert set(cell[0]["processes of a task"]["output"].split()) == {"bwrap", "ps"}
    assert SECRET not in cell[0]["environment"]["output"]
    assert "AWS_SECRET_ACCESS_KEY" not in cell[0]["environment"]["output"]


def test_nothing_but_its_own_can_be_written(cell: tuple[Seen, Ending]) -> None:
    assert cell[0]["writing"]["output"] == "wrote\n"


def test_there_are_no_rights_to_be_had(cell: tuple[Seen, Ending]) -> None:
    rights = cell[0]["rights"]["output"].split()
    assert rights[:6] == ["CapEff:", "0" * 16, "NoNewPrivs:", "1", "Seccomp:", "2"]
    assert rights[6] != "0"
    assert not {"tty", "ptmx", "kvm", "mem"} & set(rights)
    assert cell[0]["namespaces"]["status"] != 0
    assert cell[0]["mounts"]["status"] != 0
    assert cell[0]["calls"]["output"].splitlines() == ["-1", "Function not implemented"]


def test_links_that_lead_out_are_taken_away(cell: tuple[Seen, Ending]) -> None:
    assert cell[0]["links"]["status"] == 0, cell[0]["links"]
    said = sorted(cell[0]["sweep"]["output"])
    out = "is a link that leads out of the workspace: it was removed."
    assert said == [
        f"closed/x {out}",
        "lambda/pipe is a pipe: it was removed.",
        f"lambda/src/server {out}",
        f"lambda/src/solution.py {out}",
    ]
    assert {"lambda/inside", "lambda/src"} <= set(cell[0]["left"]["output"])


def test_a_function_sees_its_code_alone_and_computes_last(cell: tuple[Seen, Ending]) -> None:
    root, lab, tmp, niceness = json.loads(cell[0]["function look"]["output"])
    assert niceness >= 10
    assert (root, lab) == (["server"], ["functions"])
    # Where the project itself lies below /tmp, its runtime's folder is there, and no more.
    below = CHECKOUT.parts[2:3] if CHECKOUT.is_relative_to("/tmp") else ()
    assert tmp == list(below)


def test_a_function_that_eats_memory_or_hoards_files_is_ended_and_the_next_one_runs(
    cell: tuple[Seen, Ending],
) -> None:
    assert "signal: killed" in cell[0]["function eat"]["output"]
    assert "signal: killed" in cell[0]["function hoard"]["output"]
    assert cell[0]["function live"]["output"] == '"alive"'
    function = "A Lambda function used more than 700 MB of memory and was ended."
    assert cell[0]["ended"]["output"].count(function) == 2


def test_at_the_limit_of_time_what_was_told_before_stays() -> None:
    seen, ending = run({"attempts": [("sleep", ["sleep", "600"], 600)]}, limits=Limits(seconds=5))
    assert "given" in seen
    assert (ending.status, ending.reason) == (LATE, "took longer than 5 s")


def test_a_terraform_that_lies_in_the_home_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "my bin" / "tofu"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho here\n")
    program.chmod(0o755)
    for folder in (tmp_path, tmp_path.parent):
        folder.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    seen, ending = run({"attempts": [("tofu", ["tofu"], 60)]})
    assert ending.status == DONE, ending
    assert seen["tofu"]["output"] == "here\n"


def test_a_cell_that_takes_too_much_as_a_whole_is_ended() -> None:
    hungry = "import time; held = bytearray(b'x' * 2**29); time.sleep(170)"
    _, ending = run({}, worker=[PYTHON, "-c", hungry], limits=Limits(seconds=540, cell_mb=300))
    assert (ending.status, ending.reason) == (OVER, "used more than 300 MB of memory")


def test_a_grader_that_breaks_says_its_last_words() -> None:
    worker = [PYTHON, "-c", "raise SystemExit('a fault of the grader')"]
    _, ending = run({}, worker=worker)
    assert ending.status == FAILED
    assert "a fault of the grader" in ending.reason


def test_without_an_enclosure_it_works_alike() -> None:
    attempts = [(name, OTHERS[name], 60) for name in ("daemon", "escapes")]
    attempts += [("memory", EATERS["memory"], 60), ("none", ["no-such-program"], 60)]
    seen, ending = run({"attempts": attempts, "functions": ["live"]}, unsafe=True)
    assert ending.status == DONE, ending
    assert seen["function live"]["output"] == '"alive"'
    assert not [sentence for sentence in seen["ended"]["output"] if "Lambda" in sentence]
    assert wait_for(lambda: True if not mentioning(seen["root"]["output"]) else None, 30.0)
    assert seen["escapes"]["output"] == "100 of 100\n"
    assert seen["memory"]["reason"] == REASONS["memory"]
    assert "No such file" in seen["none"]["errors"]
    assert "sleep 4242" not in seen["processes"]["output"]


RUN_AND_WAIT = f"""
import sys
from lab_utils.grading.sandbox.supervisor import run_cell
code = '''
import json, subprocess, sys
from lab_utils.grading.sandbox.enclosure import enter
cell = enter(json.load(open(sys.argv[1]))["cell"])
task = cell.enclose(["bash", "-c", "(setsid sleep 4244 &); sleep 4245"], cell.paths.workspace)
with subprocess.Popen(task):
    print('{{"event": "up"}}', flush=True)
'''
run_cell({{}}, lambda event: print("up", flush=True), worker=[{PYTHON!r}, "-P", "-c", code])
"""


@pytest.fixture
def supervisor() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [PYTHON, "-P", "-c", RUN_AND_WAIT], stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def test_a_killed_supervisor_leaves_nothing_behind(supervisor: subprocess.Popen[str]) -> None:
    assert supervisor.stdout is not None
    assert supervisor.stdout.readline() == "up\n"
    below = psutil.Process(supervisor.pid).children(recursive=True)
    assert len(below) > 3
    supervisor.kill()
    assert wait_for(lambda: True if not any(map(_runs, below)) else None, 30.0)


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


ORDINARY = """
import json, sys
from lab_utils.grading.sandbox.supervisor import run_cell
order = dict(solution={solution!r}, functions=[], attempts=[("id", ["id", "-un"], 60)])
worker = [sys.executable, "-P", "-c", {code!r}]
given = {{"hidden.py": b""}}
print(run_cell(order, lambda one: print(json.dumps(one)), given=given, worker=worker))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="all of this file ran as an ordinary user already")
def test_it_works_for_an_ordinary_user() -> None:
    script = ORDINARY.format(code=WORKER.read_text(encoding="utf-8"), solution=str(SOLUTION))
    bwrap = shutil.which("bwrap")
    assert bwrap is not None
    command = Bubblewrap(bwrap, CellPaths()).as_user([PYTHON, "-P", "-c", script], 64_999)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Ending(status='done'" in done.stdout, done
    assert '"output": "student\\n"' in done.stdout

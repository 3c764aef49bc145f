"""Every command of the README: run in a copy of the checkout, or really run by another test."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from lab_utils.cli import main
from lab_utils.settings import CHECKOUT
from tests.integration.test_lab_session import write_solutions

pytestmark = pytest.mark.timeout(900)

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
VENV = Path(sys.prefix)
EXPORT = (
    '.venv/bin/nbgrader export --db "sqlite:///$HOME/graded/gradebook.db" --to "$HOME/grades.csv"'
)
GRADE = '.venv/bin/lab grade "$HOME/submissions" --out "$HOME/graded"'
ELSEWHERE = {
    "make lab": "tests/browser",
    "make run": "tests/integration/test_gitlab_ci.py",
    "make test": ".ci/run",
    ".venv/bin/lab run": "tests/integration/test_gitlab_ci.py",
    ".venv/bin/lab check": "tests/integration/test_lab_command.py",
    '.venv/bin/lab --workspace "$HOME/workspaces/ada" check --json': (
        "tests/integration/test_lab_command.py"
    ),
    "make lint types unit": "tests/integration/test_gitlab_ci.py",
    ".venv/bin/lab pipeline run .gitlab-ci.yml": "tests/integration/test_gitlab_ci.py",
    '.venv/bin/lab release "$HOME/release"': "tests/notebooks/test_release.py",
    '.venv/bin/lab verify "$HOME/submissions/ada"': "tests/integration/test_verify.py",
    GRADE: "tests/integration/test_grade.py",
    f"{GRADE} --resume": "tests/integration/test_grade.py",
    f"{GRADE} --only ada": "tests/integration/test_grade.py",
    f'{GRADE} \\\n  --due 2026-11-28T23:59+01:00 --late "10%/day,max 50%"': (
        "tests/integration/test_grade.py"
    ),
    ".venv/bin/dask scheduler --port 8786": "tests/integration/test_grade.py",
    ".venv/bin/dask worker tcp://grader:8786 --nthreads 1 --nworkers 4": (
        "tests/integration/test_grade.py"
    ),
    f"{GRADE} --scheduler tcp://grader:8786": "tests/integration/test_grade.py",
    f"{GRADE} \\\n  --db postgresql://grader@db.example.org/course": (
        "tests/integration/test_gradebook.py"
    ),
    EXPORT: "tests/integration/test_gradebook.py",
}
"""Commands that would take minutes, and what really runs them."""
SHORTER = {"--runs 10": "--runs 1", "--minutes 30": "--minutes 1", "minutes=60": "minutes=1"}
"""What takes long is run with smaller numbers."""
REFUSED = {
    ".venv/bin/lab check 1": "0 of 15 points",
    ".venv/bin/lab doctor # on aws": "my-profile",
    ".venv/bin/lab destroy # on aws": "my-profile",
}
"""Commands that rightly end with 1 here, where nothing is built yet and there is no account."""
ACCOUNT = "export LAB_TARGET=aws"
TINY = """from lab_utils import House, Lab

lab = Lab(target=target, speed=speed)
lab.apply()
sent, switches = House(lab, seed=seed).run(minutes=min(minutes, 1))
print(seed, len(sent) > 0)"""
"""What ``lab run`` and nbval get instead of the workbook's notebooks: a house of one minute."""


@dataclass(frozen=True)
class Command:
    """A command of the README, and the status that it ended with."""

    text: str
    status: int = 0
    output: str = ""


def shell_blocks() -> list[str]:
    return re.findall(r"^```shell\n(.*?)^```", README, re.M | re.S)


def commands_of(block: str) -> Iterator[str]:
    """Yield a block's commands: each as many lines as the shell needs to read it."""
    text = ""
    for line in block.splitlines(keepends=True):
        text += line
        parsed = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True)
        if parsed.returncode == 0 and not text.endswith("\\\n") and text.strip():
            yield re.sub(r"\s+# .*$", "", text.strip(), flags=re.M)
            text = ""
    assert not text.strip(), text


def all_commands() -> list[str]:
    """Return the commands in the README's order; those for an account are marked."""
    found = []
    for block in shell_blocks():
        on_account = ACCOUNT in block
        marks = [f"{one} # on aws" if on_account else one for one in commands_of(block)]
        found += [one.removesuffix(" # on aws") if one.startswith("make") else one for one in marks]
    return found


def write_tiny_notebook(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()
    parameters = nbformat.v4.new_code_cell('target = "local"  # where\nspeed = 60  # how fast')
    parameters.source += "\nseed = 7  # of the house\nminutes = 1  # of the house"
    parameters.metadata["tags"] = ["parameters"]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [parameters, nbformat.v4.new_code_cell(TINY)]
    book = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(book, folder / "01_house.ipynb")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the checkout in which parts 1 to 4 are solved, with this installation."""
    folder = tmp_path_factory.mktemp("readme") / "checkout"
    skipped = shutil.ignore_patterns(".*cache*", ".git", ".venv", ".lab", "runs", "tests", "*.pem")
    shutil.copytree(CHECKOUT, folder, ignore=skipped)
    (folder / "terraform" / "terraform.tfstate").unlink(missing_ok=True)
    (folder / ".venv").symlink_to(VENV)
    write_solutions(folder / "terraform", 4)
    write_tiny_notebook(folder / "notebooks")
    (folder.parent / "home").mkdir()
    yield folder
    for workspace in (folder, folder / "runs" / "workspace", folder.parent / "home/workspaces/ada"):
        main(["--workspace", str(workspace), "--target", "local", "stop"])


def environment(checkout: Path) -> dict[str, str]:
    return {
        "PATH": f"{VENV / 'bin'}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(checkout.parent / "home"),
        "PYTHONPATH": str(checkout),
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@pytest.fixture(scope="module")
def ran(checkout: Path) -> list[Command]:
    """All commands that are run here, in one shell as a reader would type them."""
    here = [one for one in all_commands() if one not in ELSEWHERE]
    script = "".join(f"{{ {shorter(one)}\n}} 2>&1\nprintf '\\n@@@ %s\\n' $?\n" for one in here)
    answers = checkout.parent / "answers"
    answers.write_text("yes\n" * 100)
    with answers.open() as stdin:
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=checkout,
            env=environment(checkout),
            stdin=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
    assert not done.stderr
    parts = re.findall(r"(.*?)\n@@@ (\d+)\n", done.stdout, re.S)
    assert len(parts) == len(here), done.stdout[-2000:]
    return [
        Command(text, int(status), output)
        for text, (output, status) in zip(here, parts, strict=True)
    ]


def shorter(command: str) -> str:
    for long, short in SHORTER.items():
        command = command.replace(long, short)
    if command.endswith(" # on aws"):
        variables = "LAB_TARGET=aws AWS_PROFILE=my-profile AWS_REGION=eu-west-1"
        return f"( export {variables}; {command} \n)"
    return command


def test_each_command_does_what_the_readme_says(ran: list[Command]) -> None:
    assert len(ran) > 20
    for command in ran:
        wanted = REFUSED.get(command.text)
        assert command.status == (1 if wanted else 0), f"{command.text}\n{command.output[-3000:]}"
        assert (wanted or "") in command.output, f"{command.text}\n{command.output[-3000:]}"


def test_the_sweep_leaves_a_folder_a_seed_that_was_run_with_it(
    ran: list[Command], checkout: Path
) -> None:
    assert any(command.text.startswith("for seed in 1 2") for command in ran)
    for seed in (1, 2):
        page = (checkout / "runs" / f"seed-{seed}" / "01_house.html").read_text(encoding="utf-8")
        assert f"{seed} True" in page


@pytest.mark.parametrize("command", ELSEWHERE)
def test_a_command_that_another_test_runs_is_in_the_readme_and_that_test_is_there(
    command: str, checkout: Path
) -> None:
    assert command in all_commands()
    assert (CHECKOUT / ELSEWHERE[command]).exists()
    if command.startswith("make"):
        dry = ["make", "-n", *command.split()[1:]]
        subprocess.run(dry, cwd=checkout, check=True, capture_output=True)


def test_each_command_of_lab_is_in_the_readme_and_each_of_the_readme_is_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    known = set(re.findall(r"^    (\w+) ", capsys.readouterr().out, re.M))
    said = set(re.findall(r"(?:`|/)lab (?:-\S+ \S+ )?([a-z]+)", README))
    assert known == said

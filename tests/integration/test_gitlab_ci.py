"""The workbook's own GitLab pipeline, really run, on a machine without a network.

One run proves what would else take three: nbval compares the seven notebooks with what is
committed, papermill runs them with another seed and prints the same, and the Lambda's pipeline
is green and deploys.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from lab_utils.settings import CHECKOUT
from tests.notebooks.books import checks

pytestmark = pytest.mark.timeout(1200)

SEED = 11
DRIVER = """
import json, pathlib, sys
from lab_utils import Lab
from lab_utils.workspace import seed_workspace

checkout, result = map(pathlib.Path, sys.argv[1:3])
lab = Lab(target="local", workspace=checkout, report=lambda line: None)
trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
policy = {"Version": "2012-10-17", "Statement": [{**trust, "Action": "sts:AssumeRole"}]}
iam, functions = lab.client("iam"), lab.client("lambda")
role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(policy))["Role"]
code = {"ZipFile": (checkout / "terraform/files/empty_package.zip").read_bytes()}
made = functions.create_function(
    FunctionName="ac_control_lambda", Role=role["Arn"], Runtime="python3.13",
    Handler="ac_control_lambda.lambda_handler", Code=code,
)
lab._report = print
run = lab.pipeline.run(
    ".gitlab-ci.yml", variables=json.loads(sys.argv[3]), deadline_s=1100
)
deployed = functions.get_function(FunctionName="ac_control_lambda")["Configuration"]
answer = {
    "passed": run.has_passed,
    "jobs": {job.name: [job.status, round(job.seconds, 1), job.log] for job in run.jobs},
    "artifacts": [str(path) for path in run.artifacts],
    "hashes": [*run.code_sha256.values()],
    "deployed": deployed["CodeSha256"],
}
result.write_text(json.dumps(answer))
"""


def without_network() -> list[str]:
    """Return what a command begins with to run without a network, where this system can do that.

    Linux gives a command a network of its own, with a loopback interface and nothing else.
    """
    script = 'ip link set lo up && "$@"; status=$?; "$PYTHON" -m lab_utils.cli stop; exit $status'
    prefix = ["unshare", "-rn", "env", f"PYTHON={sys.executable}", "sh", "-c", script, "sh"]
    can_be = shutil.which("unshare") and shutil.which("ip")
    is_allowed = can_be and subprocess.run(["unshare", "-rn", "true"], check=False).returncode == 0
    return prefix if is_allowed else []


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the pipeline came to on a copy of the checkout, with this installation."""
    folder = tmp_path_factory.mktemp("gitlab")
    checkout, result = folder / "checkout", folder / "result.json"
    skipped = shutil.ignore_patterns(".*_cache", ".git", ".venv", ".lab", "runs", "*.tfstate*")
    shutil.copytree(CHECKOUT, checkout, ignore=skipped)
    variables = {
        "WORKBOOK_VENV": sys.prefix,
        "SUITE_TARGETS": "lint",
        "RUN_PARAMETERS": f"-p seed={SEED}",
    }
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "LAB_WORKSPACE": str(checkout),
        "PYTHONPATH": str(CHECKOUT),
    }
    command = [sys.executable, "-c", DRIVER, str(checkout), str(result), json.dumps(variables)]
    done = subprocess.run(
        [*without_network(), *command],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    (folder / "log.txt").write_text(done.stdout + done.stderr)
    assert result.exists(), done.stdout[-6000:] + done.stderr[-4000:]
    yield json.loads(result.read_text())
    subprocess.run([sys.executable, "-m", "lab_utils.cli", "stop"], env=environment, check=True)


@pytest.mark.parametrize("job", ["suite", "nbval", "papermill", "test", "package", "deploy"])
def test_each_job_is_green_offline(run: dict[str, Any], job: str) -> None:
    status, _seconds, log = run["jobs"][job]
    assert status == "passed", log[-6000:]


def test_the_pipeline_has_no_other_job_and_is_green(run: dict[str, Any]) -> None:
    assert set(run["jobs"]) == {"suite", "nbval", "papermill", "test", "package", "deploy"}
    assert run["passed"]


def test_the_function_has_the_code_that_the_pipeline_packed(run: dict[str, Any]) -> None:
    assert run["deployed"] in run["hashes"]


def test_another_seed_prints_what_is_committed(run: dict[str, Any]) -> None:
    assert "other than committed: nothing" in run["jobs"]["papermill"][2]
    [executed] = kept(run, "04_scheduled_lambda.ipynb")
    cells = nbformat.read(executed, as_version=4).cells
    [given] = [one for one in cells if "injected-parameters" in one.metadata.get("tags", [])]
    assert f"seed = {SEED}" in given.source.splitlines()


def test_every_check_gives_all_its_points(run: dict[str, Any]) -> None:
    earned = 0
    for path in sorted((CHECKOUT / "notebooks").glob("*.ipynb")):
        [executed] = kept(run, path.name)
        for cell in checks(nbformat.read(executed, as_version=4)):
            [said] = re.findall(r"(\d+) of (\d+) points", str(cell.outputs))
            assert said[0] == said[1], cell.id
            earned += int(said[0])
    assert earned == 100


def test_the_executed_notebooks_and_their_pages_are_kept(run: dict[str, Any]) -> None:
    for path in sorted((CHECKOUT / "notebooks").glob("*.ipynb")):
        assert kept(run, path.name)
        assert kept(run, f"{path.stem}.html")
    assert kept(run, "index.html")
    assert kept(run, "nbval.xml")


def kept(run: dict[str, Any], name: str) -> list[Path]:
    return [path for path in map(Path, run["artifacts"]) if path.name == name]

"""The Terraform engine on configurations that need no provider."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lab_utils.configuration import write_section
from lab_utils.errors import TerraformError
from lab_utils.terraform import Terraform, find_engine

TWO = """
resource "terraform_data" "a" { input = "x" }
resource "terraform_data" "b" { input = terraform_data.a.output }
output "answer" { value = terraform_data.b.output }
output "hidden" {
  value     = "secret words"
  sensitive = true
}
"""
SLOW = """
resource "terraform_data" "slow" {
  provisioner "local-exec" { command = "echo begun; sleep 60" }
}
"""


class Reader(list[str]):
    """Collects the lines for the reader."""

    @property
    def text(self) -> str:
        return "\n".join(self)


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture
def terraform(tmp_path: Path, reader: Reader) -> Terraform:
    folder = tmp_path / "été à la maison"
    folder.mkdir()
    (tmp_path / "terraform.rc").touch()
    environment = {
        "PATH": os.environ["PATH"],
        "TF_CLI_CONFIG_FILE": str(tmp_path / "terraform.rc"),
        "CHECKPOINT_DISABLE": "1",
    }
    return Terraform(folder, environment, reader.append)


def write(terraform: Terraform, hcl: str) -> None:
    (terraform.folder / "main.tf").write_text(hcl, encoding="utf-8")


def test_apply_reports_each_resource_the_counts_and_the_outputs(
    terraform: Terraform, reader: Reader
) -> None:
    write(terraform, TWO)
    outcome = terraform.apply()
    assert outcome.counts == {"add": 2, "change": 0, "remove": 0}
    assert reader.text.index("terraform_data.a: created") < reader.text.index("data.b: created")
    assert "2 added, 0 changed, 0 destroyed in" in reader.text
    assert 'output answer = "x"' in reader.text
    assert "secret words" not in reader.text
    assert terraform.outputs() == {"answer": "x", "hidden": "secret words"}


def test_a_plan_after_an_apply_shows_no_changes(terraform: Terraform, reader: Reader) -> None:
    write(terraform, TWO)
    terraform.apply()
    assert terraform.plan().planned == []
    assert reader[-1] == "No changes: the resources are as the files say."


def test_destroy_leaves_nothing(terraform: Terraform) -> None:
    write(terraform, TWO)
    terraform.apply()
    assert terraform.resource_addresses() == ["terraform_data.a", "terraform_data.b"]
    assert terraform.destroy().counts["remove"] == 2
    assert terraform.resource_addresses() == []


@pytest.mark.parametrize(
    ("hcl", "words"),
    [
        ('resource "terraform_data" "a" {\n  input = \n}\n', ["main.tf line 2", "expression"]),
        (
            'resource "terraform_data" "a" {\n  input = terraform_data.gone.output\n}\n',
            ["Reference to undeclared resource", "main.tf line 2", "terraform_data.gone"],
        ),
        (
            'resource "terraform_data" "a" {\n  colour = "red"\n}\n',
            ["Unsupported argument", "main.tf line 2", "colour"],
        ),
        (
            'resource "terraform_thing" "a" {\n}\n',
            ["Invalid resource type", "main.tf line 1", "terraform_thing"],
        ),
    ],
    ids=["malformed", "undeclared", "unknown argument", "unknown type"],
)
def test_bad_hcl_gives_terraforms_own_words_with_file_and_line(
    terraform: Terraform, hcl: str, words: list[str]
) -> None:
    write(terraform, hcl)
    with pytest.raises(TerraformError) as caught:
        terraform.apply()
    assert all(word in caught.value.happened for word in words), caught.value.happened
    assert caught.value.diagnostics
    assert not (terraform.folder / "terraform.tfstate").exists()


def test_the_folder_is_prepared_where_a_module_came(terraform: Terraform) -> None:
    write(terraform, 'module "zone" {\n  source = "./zone"\n}\n')
    (terraform.folder / "zone").mkdir()
    (terraform.folder / "zone" / "main.tf").write_text('resource "terraform_data" "ac" {\n}\n')
    assert terraform.apply().counts["add"] == 1
    assert terraform.resource_addresses() == ["module.zone.terraform_data.ac"]


def test_a_syntax_error_is_told_at_once_with_its_line_in_the_cell(terraform: Terraform) -> None:
    text = 'resource "terraform_data" "a" {\n  input = \n}\n'
    write_section(terraform.folder, "iot.tf", "# none\n", "cell-1")
    write_section(terraform.folder, "iot.tf", text, "cell-2")
    with pytest.raises(TerraformError) as caught:
        terraform.apply()
    assert caught.value.attempted == "read the Terraform files"
    assert caught.value.happened.startswith("Error: Invalid expression\n\n  on iot.tf line 7 ")
    assert "line 7 (line 3 of the cell)" in caught.value.happened


def test_a_wrong_name_leads_to_one_message_and_to_what_is_to_be_declared(
    terraform: Terraform,
) -> None:
    write(terraform, 'resource "terraform_data" "certificate" {\n}\n')
    outputs = "".join(f'output "o{n}" {{\n  value = terraform_data.cert.id\n}}\n' for n in range(3))
    (terraform.folder / "output.tf").write_text(outputs)
    with pytest.raises(TerraformError) as caught:
        terraform.plan()
    assert caught.value.happened.count("Error:") == 1
    assert caught.value.happened.endswith("(also output.tf lines 5, 8)")
    assert caught.value.next_step == (
        'output.tf is given: declare resource "terraform_data" "cert". '
        "You have declared terraform_data.certificate: is the name right?"
    )


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(TerraformError, match="LAB_WORKSPACE"):
        Terraform(tmp_path / "nowhere", {}).apply()


@pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX's SIGINT to the reader")
def test_an_interrupt_lets_terraform_finish_and_save_its_state_and_says_so(
    terraform: Terraform,
) -> None:
    write(terraform, TWO + SLOW)
    script = (
        "import sys; from pathlib import Path; from lab_utils.terraform import Terraform\n"
        "environment = {'PATH': sys.argv[2], 'TF_CLI_CONFIG_FILE': sys.argv[3]}\n"
        "Terraform(Path(sys.argv[1]), environment).apply()\n"
    )
    arguments = [str(terraform.folder), os.environ["PATH"], str(terraform.folder.parent / "x.rc")]
    (terraform.folder.parent / "x.rc").touch()
    with subprocess.Popen(
        [sys.executable, "-u", "-c", script, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "terraform_data.b: created" in line:
                process.send_signal(signal.SIGINT)
        _out, told = process.communicate(timeout=30)
    assert process.returncode != 0
    assert told.endswith(
        "TerraformError: Could not apply the Terraform configuration.\n"
        "You interrupted it. What was made before stays and is in the state.\n"
        "What to do: run lab.apply() again.\n"
    )
    assert "terraform_data.a" in terraform.resource_addresses()


def without_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)


@pytest.mark.skipif(shutil.which("terraform") is None, reason="needs a terraform on PATH")
def test_without_the_library_the_terraform_on_path_does_the_work(
    terraform: Terraform, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_library(monkeypatch)
    assert find_engine() == [shutil.which("terraform")]
    write(terraform, TWO)
    assert terraform.apply().counts["add"] == 2
    assert terraform.outputs()["answer"] == "x"
    assert "terraform_data.b: created" in reader.text


def test_without_any_engine_the_error_says_where_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_library(monkeypatch)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TerraformError, match=r"developer\.hashicorp\.com/terraform/install"):
        find_engine()

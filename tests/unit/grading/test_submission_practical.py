"""The practical is found wherever it lies in a submission, and a workspace is made of it."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from lab_utils.grading.submissions import Submission, prepare_workspace, read_submission
from lab_utils.grading.submissions.course import given_seed
from lab_utils.settings import CHECKOUT
from tests.grading_submissions import write_notebooks, write_zip, zip_folder
from tests.students.practical import write as write_practical

IOT = 'resource "aws_iot_thing" "house" {\n  name = "house"\n}\n'
IAM = 'resource "aws_iam_role" "a" {\n}\n\nresource "aws_iam_role" "b" {\n}\n'
SCRIPT = "#!/bin/sh\ntrue\n"


def submitted(folder: Path, files: Mapping[str, str | bytes]) -> Submission:
    return read_submission(write_zip(folder / "ada.zip", files))


def said(submission: Submission) -> str:
    return "\n".join(submission.remarks)


@pytest.mark.parametrize("top", ["", "work/", "a/b/Practical AWS/"])
def test_the_practical_is_found_at_any_depth(tmp_path: Path, top: str) -> None:
    names = ("terraform/iot.tf", "bin/a.sh", "src/simulation.py", "doc/img.png", ".gitlab-ci.yml")
    submission = submitted(tmp_path, {top + name: IOT for name in names})
    assert set(submission.files) == set(names)
    assert submission.form == "repository"
    assert not submission.remarks


def test_of_two_folders_that_with_more_resources_counts(tmp_path: Path) -> None:
    files = {"given/terraform/iot.tf": "", "mine/terraform/iot.tf": IOT, "mine/bin/a.sh": SCRIPT}
    submission = submitted(tmp_path, files)
    assert set(submission.files) == {"terraform/iot.tf", "bin/a.sh"}
    assert submission.files["terraform/iot.tf"] == IOT.encode()
    assert "Outside the practical's folder mine/" in said(submission)


def test_another_folder_with_resources_is_said(tmp_path: Path) -> None:
    submission = submitted(tmp_path, {"terraform/iam.tf": IAM, "old/iot.tf": IOT})
    assert "Terraform files were also in old" in said(submission)
    assert submission.files["terraform/iam.tf"] == IAM.encode()


def test_a_module_belongs_to_its_caller(tmp_path: Path) -> None:
    caller = 'module "roles" {\n  source = "./modules/roles"\n}\n'
    files = {"terraform/main.tf": caller, "terraform/modules/roles/main.tf": IAM}
    assert set(submitted(tmp_path, files).files) == set(files)


@pytest.mark.parametrize("folder", ["Terraform", "infra"])
def test_a_folder_of_another_name_is_taken_for_terraform(tmp_path: Path, folder: str) -> None:
    submission = submitted(tmp_path, {f"{folder}/iot.tf": IOT, "bin/a.sh": SCRIPT})
    assert set(submission.files) == {"terraform/iot.tf", "bin/a.sh"}
    assert f"{folder}/ is taken for terraform/" in said(submission)


@pytest.mark.parametrize("top", ["", "work/"])
def test_terraform_files_beside_the_scripts_are_found(tmp_path: Path, top: str) -> None:
    names = {"iot.tf": IOT, "files/iot_policy.json": "{}", "bin/a.sh": SCRIPT}
    submission = submitted(tmp_path, {top + name: text for name, text in names.items()})
    wanted = {"terraform/iot.tf", "terraform/files/iot_policy.json", "bin/a.sh"}
    assert wanted <= set(submission.files)
    assert "not in a folder terraform/" in said(submission)


def test_a_pipeline_above_the_practical_is_taken(tmp_path: Path) -> None:
    files = {".gitlab-ci.yml": "test: {}", "practical/terraform/iot.tf": IOT}
    assert submitted(tmp_path, files).files[".gitlab-ci.yml"] == b"test: {}"


def test_a_single_terraform_file_is_a_repository(tmp_path: Path) -> None:
    (tmp_path / "iot.tf").write_text(IOT)
    submission = read_submission(tmp_path / "iot.tf", "ada")
    assert (submission.form, set(submission.files)) == ("repository", {"terraform/iot.tf"})


def test_a_report_alone_is_nothing(tmp_path: Path) -> None:
    submission = submitted(tmp_path, {"report.pdf": "%PDF"})
    assert submission.form == "nothing"
    assert "There is no notebook" in said(submission)


def test_notebooks_with_own_terraform_are_both(tmp_path: Path) -> None:
    write_notebooks(tmp_path / "ada" / "notebooks", parts=(1,))
    (tmp_path / "ada" / "terraform").mkdir()
    given = tmp_path / "ada" / "terraform" / "iot.tf"
    given.write_bytes(given_seed()["terraform/iot.tf"].replace(b"\n", b"\r\n"))
    assert read_submission(tmp_path / "ada").form == "notebooks"
    given.write_text(IOT)
    assert read_submission(tmp_path / "ada").form == "both"


def test_a_zip_in_a_students_folder_is_opened(tmp_path: Path) -> None:
    """Moodle's download has a folder a student, with what was handed in inside."""
    write_practical(tmp_path / "work")
    folder = tmp_path / "Ada Lovelace_11_assignsubmission_file"
    folder.mkdir()
    zip_folder(folder / "work.zip", tmp_path / "work")
    (folder / "report.pdf").write_text("%PDF")
    submission = read_submission(folder)
    assert (submission.student, submission.form) == ("Ada_Lovelace", "repository")
    assert "terraform/iot.tf" in submission.files


def test_several_files_are_one_submission(tmp_path: Path) -> None:
    folder = write_notebooks(tmp_path / "ada", parts=(1, 2))
    submission = read_submission(sorted(folder.iterdir()), "ada")
    assert len(submission.files) == 2


def test_the_seed_holds_no_solution(tmp_path: Path) -> None:
    seed = given_seed()
    assert "lambda/ac_control_lambda/tests/test_decision.py" not in seed
    assert not [name for name in seed if name.endswith(".gitlab-ci.yml")]
    assert b"aws_iot_thing" not in seed["terraform/iot.tf"]
    checkout = tmp_path / "checkout"
    (checkout / "terraform").mkdir(parents=True)
    section = f"# >>> notebook cell part1\n{IOT}# <<< notebook cell\n"
    (checkout / "terraform" / "iot.tf").write_text(section)
    assert b"aws_iot_thing" not in given_seed(checkout)["terraform/iot.tf"]


def prepared(folder: Path, submission: Submission) -> tuple[Path, tuple[str, ...]]:
    submission.write_to(folder / "given")
    workspace = folder / "workspace"
    return workspace, prepare_workspace(folder / "given", workspace, submission.form)


def test_notebooks_begin_with_the_courses_files(tmp_path: Path) -> None:
    workspace, remarks = prepared(
        tmp_path, read_submission(write_notebooks(tmp_path / "ada", parts=(1,)))
    )
    assert not remarks
    assert (workspace / "terraform" / "provider.tf").is_file()
    assert (workspace / "lambda" / "ac_control_lambda" / "src" / "decision.py").is_file()
    assert (workspace / "ci" / "package_lambda.sh").stat().st_mode & 0o111
    assert not (workspace / "ci" / "lambda.gitlab-ci.yml").exists()


def test_a_repository_is_left_as_it_is(tmp_path: Path) -> None:
    folder = write_practical(tmp_path / "ada")
    workspace, remarks = prepared(tmp_path, read_submission(folder))
    made = {one.relative_to(workspace) for one in workspace.rglob("*") if one.is_file()}
    assert made == {one.relative_to(folder) for one in folder.rglob("*") if one.is_file()}
    assert not remarks


def test_what_a_repository_lacks_of_the_given_files_is_added_and_said(tmp_path: Path) -> None:
    workspace, remarks = prepared(tmp_path, submitted(tmp_path, {"terraform/iot.tf": IOT}))
    assert (workspace / "lambda" / "ac_control_lambda" / "src" / "decision.py").is_file()
    assert (workspace / "ci" / "package_lambda.sh").is_file()
    assert not (workspace / "terraform" / "provider.tf").exists()
    assert [remark.split("/")[0] for remark in remarks] == ["lambda", "ci"]


def test_a_workspace_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "workspace").mkdir()
    (tmp_path / "workspace" / "old.txt").touch()
    workspace, _ = prepared(tmp_path, submitted(tmp_path, {"terraform/iot.tf": IOT}))
    assert not (workspace / "old.txt").exists()


def test_scripts_that_lost_their_right_to_run_get_it_and_it_is_said(tmp_path: Path) -> None:
    path = tmp_path / "ada.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, mode in (("terraform/iot.tf", 0o644), ("bin/a.sh", 0o644), ("bin/b.sh", 0o755)):
            entry = zipfile.ZipInfo(name)
            entry.create_system, entry.external_attr = 3, (0o100000 | mode) << 16
            archive.writestr(entry, IOT)
    submission = read_submission(path)
    assert "Made executable, which GitLab would not do: bin/a.sh." in submission.remarks
    workspace, _ = prepared(tmp_path, submission)
    assert (workspace / "bin" / "a.sh").stat().st_mode & 0o111


def test_the_checkout_itself_can_be_read() -> None:
    submission = read_submission(CHECKOUT / "notebooks")
    assert len(submission.files) == 7
    assert submission.form == "notebooks"

"""What is packed of a submission, and which scripts it has for it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from lab_utils.grading.packaging_before import Packaged, package
from lab_utils.grading.packaging_scripts import DEPLOY, PACKAGE, find_scripts, mend
from lab_utils.grading.packaging_sources import find_sources, source_files, zipped
from lab_utils.grading.packaging_wanted import wanted_by_scripts, wanted_by_terraform
from tests.unit.grading.configuration.folders import place_of, sources_of, write
from tests.unit.pipeline.repositories import DEPLOY as DEPLOY_TEXT
from tests.unit.pipeline.repositories import PACKAGE as PACKAGE_TEXT
from tests.unit.pipeline.repositories import write_practical, write_workbook

FUNCTION = """\
resource "aws_lambda_function" "f" {{
  filename         = {filename}
  handler          = "control.handler"
  source_code_hash = filebase64sha256({filename})
}}
"""
SOURCE = "def handler(event, context):\n    return 1\n"


def names_in(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def packed_alone(workspace: Path, files: dict[str, str]) -> Packaged:
    """Pack a submission that has no script."""
    return package(place_of(write(workspace, files)))


def test_the_practicals_scripts_are_told_apart(tmp_path: Path) -> None:
    write_practical(tmp_path)
    place = place_of(tmp_path)
    assert [one.path.name for one in find_scripts(place, PACKAGE)] == ["package_lambda.sh"]
    assert [one.path.name for one in find_scripts(place, DEPLOY)] == ["deploy_lambda.sh"]


def test_scripts_are_known_by_what_they_do(tmp_path: Path) -> None:
    files = {
        "scripts/one.sh": PACKAGE_TEXT,
        "two.sh": DEPLOY_TEXT,
        "bin/all.sh": "cd terraform\nterraform apply\nzip -r x.zip .\n",
        "ci/package_lambda.sh": "python ci/package_lambda.py\n",
        "ci/package_lambda.py": "import zipfile\nzipfile.ZipFile\n",
        "tests/package.sh": PACKAGE_TEXT,
        ".git/hooks/package.sh": PACKAGE_TEXT,
    }
    place = place_of(write(tmp_path, files))
    assert [place.shown(one.path) for one in find_scripts(place, PACKAGE)] == [
        "ci/package_lambda.sh",
        "scripts/one.sh",
    ]
    assert [place.shown(one.path) for one in find_scripts(place, DEPLOY)] == ["two.sh"]


def test_the_workbooks_scripts_are_told_apart(tmp_path: Path) -> None:
    write_workbook(tmp_path)
    place = place_of(tmp_path)
    assert [place.shown(one.path) for one in find_scripts(place, PACKAGE)] == [
        "ci/package_lambda.sh"
    ]
    assert [place.shown(one.path) for one in find_scripts(place, DEPLOY)] == ["ci/deploy_lambda.sh"]


def test_what_windows_or_a_zip_took_from_a_script_is_given_back(tmp_path: Path) -> None:
    files = {"bin/a_package.sh": PACKAGE_TEXT.replace("\n", "\r\n"), "bin/package.sh": PACKAGE_TEXT}
    place = place_of(write(tmp_path, files))
    remarks = [remark for one in find_scripts(place, PACKAGE) for remark in mend(place, one)]
    assert len(remarks) == 2
    assert "line ends" in remarks[0]
    assert "no right to be run" in remarks[1]
    for name in files:
        assert (tmp_path / name).read_text() == PACKAGE_TEXT
        assert (tmp_path / name).stat().st_mode & 0o100
    assert [remark for one in find_scripts(place, PACKAGE) for remark in mend(place, one)] == []


@pytest.mark.parametrize(
    "filename",
    ['"../build/f.zip"', '"${path.module}/../build/f.zip"', '"${local.folder}/f.zip"', "var.zip"],
)
def test_the_file_that_a_function_is_made_of_is_found(tmp_path: Path, filename: str) -> None:
    others = (
        'locals {\n  folder = "../build"\n}\nvariable "zip" {\n  default = "../build/f.zip"\n}\n'
    )
    sources = sources_of(tmp_path, {"terraform/l.tf": FUNCTION.format(filename=filename) + others})
    [wanted] = wanted_by_terraform(sources)
    assert wanted.path == tmp_path / "build" / "f.zip"
    assert (wanted.handler, wanted.asked_by) == ("control.handler", "terraform/l.tf, line 1")


def test_an_archive_wants_its_sources_and_not_itself(tmp_path: Path) -> None:
    archive = """\
data "archive_file" "a" {
  type        = "zip"
  source_dir  = "${path.module}/../code"
  output_path = "f.zip"
}
"""
    text = FUNCTION.format(filename='"f.zip"') + archive
    [wanted] = wanted_by_terraform(sources_of(tmp_path, {"terraform/l.tf": text}))
    assert (wanted.path, wanted.is_folder) == (tmp_path / "code", True)


def test_the_package_that_a_deploy_script_uploads_is_found(tmp_path: Path) -> None:
    files = {
        "bin/deploy_a.sh": DEPLOY_TEXT,
        "bin/deploy_b.sh": 'ZIP="out/b.zip"\naws lambda update-function-code --zip-file fileb://$ZIP',
    }
    place = place_of(write(tmp_path, files))
    wanted = wanted_by_scripts(place, find_scripts(place, DEPLOY), "")
    assert [place.shown(one.path) for one in wanted] == ["payload.zip", "out/b.zip"]


@pytest.mark.parametrize(
    ("files", "handler", "wanted"),
    [
        ({"code/control.py": SOURCE, "tests/control.py": ""}, "control.handler", "code"),
        ({"a/src/control.py": SOURCE}, "src.control.handler", "a"),
        ({"ac_control_lambda/src/other.py": SOURCE}, "control.handler", "ac_control_lambda/src"),
        ({"anything/x.py": SOURCE, "simulation.py": "print()"}, "", "anything"),
    ],
)
def test_the_sources_are_where_the_handlers_module_is(
    tmp_path: Path, files: dict[str, str], handler: str, wanted: str
) -> None:
    assert find_sources(place_of(write(tmp_path, files)), handler) == tmp_path / wanted


def test_without_a_script_the_sources_are_packed_alone(tmp_path: Path) -> None:
    files = {
        "terraform/l.tf": FUNCTION.format(filename='"../f.zip"'),
        "code/control.py": SOURCE.replace("\n", "\r\n"),
        "code/test_control/x.txt": "x",
        "code/tests/test_it.py": "",
    }
    packaged = packed_alone(tmp_path, files)
    assert packaged.remarks == [
        "terraform/l.tf, line 1 asks for f.zip, which is not there: the sources in code were "
        "packed alone."
    ]
    assert names_in(tmp_path / "f.zip") == ["control.py", "test_control/x.txt"]
    with zipfile.ZipFile(tmp_path / "f.zip") as archive:
        assert archive.read("control.py").decode() == SOURCE


def test_a_python_script_that_is_no_utf8_is_run(tmp_path: Path) -> None:
    place = place_of(write(tmp_path, {"c/control.py": SOURCE, "package.py": ""}))
    script = b"# -*- coding: latin-1 -*-\nimport zipfile  # K\xfcche\n"
    made = b"with zipfile.ZipFile('f.zip', 'w') as f:\n    f.write('c/control.py', 'control.py')\n"
    (tmp_path / "package.py").write_bytes(script + made)
    assert package(place).said == ["package.py made f.zip."]


@pytest.mark.parametrize("left", ["rm -r bin", "mv bin away && ln -s ../outside bin"])
def test_a_script_that_takes_its_own_folder_away_ends_nothing(tmp_path: Path, left: str) -> None:
    kept = tmp_path / "outside" / "kept" / "file"
    write(kept.parent, {"file": ""})
    script = f"#!/bin/sh\n# zip\n{left}\nexit 1\n"
    packaged = packed_alone(tmp_path / "w", {"bin/package.sh": script, "c/control.py": SOURCE})
    assert packaged.said[0].startswith("bin/package.sh made no package")
    assert kept.exists()


def test_a_placeholder_stays_one(tmp_path: Path) -> None:
    files = {"terraform/l.tf": FUNCTION.format(filename='"files/empty_package.zip"')}
    packed_alone(tmp_path, {**files, "code/control.py": SOURCE})
    names = names_in(tmp_path / "terraform" / "files" / "empty_package.zip")
    assert "control.py" not in names


def test_nothing_is_written_outside_of_the_submission(tmp_path: Path) -> None:
    workspace = tmp_path / "w"
    files = {"terraform/l.tf": FUNCTION.format(filename='"../../f.zip"'), "c/control.py": SOURCE}
    packaged = packed_alone(workspace, files)
    assert "outside of the submission" in packaged.remarks[0]
    assert not (tmp_path / "f.zip").exists()


@pytest.mark.parametrize("name", ["x" * 300 + ".zip", "a\0b.zip", "terraform/l.tf/f.zip"])
def test_a_name_that_cannot_be_is_told(tmp_path: Path, name: str) -> None:
    files = {"terraform/l.tf": FUNCTION.format(filename=f'"../{name}"'), "c/control.py": SOURCE}
    [remark] = packed_alone(tmp_path, files).remarks
    assert remark.startswith("terraform/l.tf, line 1 asks for ")
    assert "\0" not in remark


def test_the_same_sources_make_the_same_bytes_and_links_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    folder = write(tmp_path / "code", {"b.py": SOURCE, "a/c.txt": "x"})
    (folder / "link.py").symlink_to(tmp_path / "secret")
    (folder / "all").symlink_to(tmp_path)
    files = source_files(folder)
    assert sorted(files) == ["a/c.txt", "b.py"]
    assert zipped(files) == zipped(dict(reversed(files.items())))
    assert zipfile.ZipFile(io.BytesIO(zipped(files))).testzip() is None

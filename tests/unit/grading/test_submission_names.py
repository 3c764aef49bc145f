"""Whose a submission is, and where the submissions of a download are."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_utils.grading.submissions import SubmissionError, find_submissions, read_submission
from lab_utils.grading.submissions.students import clean_student, student_of


@pytest.mark.parametrize(
    ("path", "student"),
    [
        ("ada.zip", "ada"),
        ("ada.lovelace.tar.gz", "ada.lovelace"),
        ("Ada Lovelace.zip", "Ada_Lovelace"),
        ("Zoë Ünal.zip", "Zoë_Ünal"),
        ("Zoe\u0308.zip", "Zoë"),
        ("ada@example.org.zip", "ada@example.org"),
        ("Ada Lovelace_12345_assignsubmission_file_work.zip", "Ada_Lovelace"),
        ("Ada Lovelace_12345_assignsubmission_file", "Ada_Lovelace"),
        ("lovelaceada_48213_1234567_practical-2.zip", "lovelaceada"),
        ("lovelaceada_LATE_48213_1234567_01_iot_core_setup.ipynb", "lovelaceada"),
        ("Practical_ada42_attempt_2026-11-28-12-00-00_work.zip", "ada42"),
        ("ada_01_iot_core_setup.ipynb", "ada"),
        ("course/submitted/ada/practical/01_iot_core_setup.ipynb", "ada"),
        ("submitted/ada/practical", "ada"),
        ("submitted/ada.zip", "ada"),
        ("submitted/2026/ada.zip", "ada"),
        ("submitted/ada", "ada"),
        ("group/01_iot_core_setup.ipynb", "group"),
        ("../../etc/passwd.zip", "passwd"),
        ("\x1b[31mred\x1b[0m.zip", "31mred0m"),
        ("...zip", "unnamed"),
        ("💥.zip", "unnamed"),
    ],
)
def test_the_students_name_is_found_in_the_path(tmp_path: Path, path: str, student: str) -> None:
    assert student_of(tmp_path / "here" / path) == student


def test_a_students_name_is_fit_for_a_file() -> None:
    for name in ("a/b", "..", "a\0b", "x" * 500, " ", "a\nb", "-rf", "C:\\x"):
        clean = clean_student(name)
        assert clean
        assert len(clean) <= 80
        assert not set(clean) & set("/\\\0\n :")
        assert clean[0] not in ".-"


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir()
        else:
            path.touch()
    return folder


def found(folder: Path) -> list[tuple[str, list[str]]]:
    return [(one.student, [path.name for path in one.paths]) for one in find_submissions(folder)]


def test_folders_and_archives_of_a_class_are_found(tmp_path: Path) -> None:
    touch(tmp_path, "eve.tar.gz", "ada.zip", "bob/terraform/iot.tf", "grades.csv", ".DS_Store")
    assert found(tmp_path) == [("ada", ["ada.zip"]), ("bob", ["bob"]), ("eve", ["eve.tar.gz"])]


def test_nbgraders_folders_are_found_with_the_assignment(tmp_path: Path) -> None:
    touch(tmp_path, "submitted/ada/practical/01_x.ipynb", "submitted/bob/practical/timestamp.txt")
    for folder in (tmp_path, tmp_path / "submitted"):
        submissions = find_submissions(folder)
        told = [(one.student, one.assignment) for one in submissions]
        assert told == [("ada", "practical"), ("bob", "practical")]
    (tmp_path / "submitted").rename(tmp_path / "collected")
    assert [one.student for one in find_submissions(tmp_path / "collected")] == ["ada", "bob"]


def test_moodles_folders_and_files_are_found(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "Ada Lovelace_11_assignsubmission_file/work.zip",
        "Bob_12_assignsubmission_file_report.pdf",
    )
    assert found(tmp_path) == [
        ("Ada_Lovelace", ["Ada Lovelace_11_assignsubmission_file"]),
        ("Bob", ["Bob_12_assignsubmission_file_report.pdf"]),
    ]


def test_loose_files_of_a_student_on_canvas_are_one_and_the_last_attempt_counts(
    tmp_path: Path,
) -> None:
    touch(
        tmp_path,
        "ada_1_77_01_iot_core_setup.ipynb",
        "ada_1_78_01_iot_core_setup-1.ipynb",
        "ada_1_90_01_iot_core_setup-10.ipynb",
        "ada_1_79_02_invalid_data_dynamodb.ipynb",
        "bob_LATE_2_80_work.zip",
    )
    assert found(tmp_path) == [
        ("ada", ["ada_1_79_02_invalid_data_dynamodb.ipynb", "ada_1_90_01_iot_core_setup-10.ipynb"]),
        ("bob", ["bob_LATE_2_80_work.zip"]),
    ]


def test_zips_in_a_folder_named_submitted_are_found(tmp_path: Path) -> None:
    touch(tmp_path, "submitted/ada.zip", "submitted/bob/practical/01_iot_core_setup.ipynb")
    touch(tmp_path, "submitted/eve/terraform/iot.tf")
    assert [one.student for one in find_submissions(tmp_path)] == ["ada", "bob", "eve"]


def test_what_was_typed_into_moodle_is_no_submission_beside_a_file(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "Ada_11_assignsubmission_file/a.tf",
        "Ada_11_assignsubmission_onlinetext/onlinetext.html",
        "Bob_12_assignsubmission_onlinetext/onlinetext.html",
    )
    assert [one.student for one in find_submissions(tmp_path)] == ["Ada", "Bob"]


def test_a_link_is_found_and_not_followed(tmp_path: Path) -> None:
    touch(tmp_path, "class/ada/terraform/iot.tf", "secret/terraform/iot.tf")
    (tmp_path / "class" / "eve").symlink_to(tmp_path / "secret")
    found_eve = find_submissions(tmp_path / "class")[1]
    assert found_eve.student == "eve"
    with pytest.raises(SubmissionError, match="a link"):
        read_submission(found_eve.paths)


def test_students_of_one_name_are_told_apart(tmp_path: Path) -> None:
    touch(tmp_path, "Ada_11_assignsubmission_file/a.tf", "Ada_12_assignsubmission_file/a.tf")
    assert [one.student for one in find_submissions(tmp_path)] == ["Ada_11", "Ada_12"]


@pytest.mark.parametrize(
    "names",
    [
        ("terraform/iot.tf", "bin/x.sh"),
        ("01_iot_core_setup.ipynb", "02_invalid_data_dynamodb.ipynb"),
    ],
)
def test_a_folder_that_is_one_submission_is_found_as_one(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    touch(tmp_path / "ada", *names)
    assert found(tmp_path / "ada") == [("ada", ["ada"])]


def test_a_single_file_is_one_submission(tmp_path: Path) -> None:
    touch(tmp_path, "ada.zip")
    assert found(tmp_path / "ada.zip") == [("ada", ["ada.zip"])]


def test_a_folder_without_submissions_says_what_is_wanted(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(SubmissionError) as caught:
            find_submissions(folder)
        assert "nbgrader" in caught.value.next_step

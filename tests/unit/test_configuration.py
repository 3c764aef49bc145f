"""Terraform files written from cells."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_utils.configuration import cell_line, declared_addresses, folder_addresses, write_section
from lab_utils.errors import SettingsError

THING = 'resource "aws_iot_thing" "house" {\n  name = "house"\n}\n'
POLICY = 'resource "aws_iot_policy" "device" {\n  name = "device"\n}\n'


def test_a_cell_becomes_a_section_of_its_file(tmp_path: Path) -> None:
    written = write_section(tmp_path, "iot.tf", THING, "cell-1")
    assert THING in (tmp_path / "iot.tf").read_text()
    assert (written.lines, written.replaced) == (3, 0)
    assert written.addresses == ("resource.aws_iot_thing.house",)


def test_what_was_typed_by_hand_stays(tmp_path: Path) -> None:
    (tmp_path / "iot.tf").write_text("# mine\n" + POLICY)
    write_section(tmp_path, "iot.tf", THING, "cell-1")
    write_section(tmp_path, "iot.tf", THING, "cell-1")
    text = (tmp_path / "iot.tf").read_text()
    assert text.startswith("# mine\n" + POLICY)
    assert text.count("aws_iot_thing") == 1


def test_running_a_cell_again_replaces_what_it_wrote_even_under_another_name(
    tmp_path: Path,
) -> None:
    write_section(tmp_path, "iot.tf", THING, "cell-1")
    write_section(tmp_path, "iot.tf", POLICY, "cell-2")
    write_section(tmp_path, "iot.tf", THING.replace("house", "home"), "cell-1")
    text = (tmp_path / "iot.tf").read_text()
    assert '"house"' not in text
    assert '"home"' in text
    assert POLICY in text


def test_without_cell_ids_the_declared_block_tells_which_section_to_replace(
    tmp_path: Path,
) -> None:
    write_section(tmp_path, "iot.tf", THING)
    write_section(tmp_path, "iot.tf", POLICY)
    written = write_section(tmp_path, "iot.tf", THING.replace('name = "house"', 'name = "home"'))
    text = (tmp_path / "iot.tf").read_text()
    assert written.replaced == 1
    assert text.count('resource "aws_iot_thing" "house"') == 1
    assert POLICY in text


def test_a_stub_cell_leaves_a_comment_and_no_block(tmp_path: Path) -> None:
    written = write_section(tmp_path, "iot.tf", "# YOUR CODE HERE\n", "cell-1")
    assert written.addresses == ()


def test_blocks_are_found_in_the_first_column_only() -> None:
    text = f'{THING}data "aws_iot_endpoint" "e" {{\n}}\n  resource "a" "nested" {{}}\n'
    assert declared_addresses(text) == ("resource.aws_iot_thing.house", "data.aws_iot_endpoint.e")


@pytest.mark.parametrize("name", ["../provider.tf", "/etc/iot.tf", "iot.txt", "", "a b.tf"])
def test_a_file_outside_the_terraform_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=r"%%terraform iot\.tf"):
        write_section(tmp_path, name, THING)
    assert list(tmp_path.iterdir()) == []


def test_a_cell_that_named_another_file_before_leaves_nothing_there(tmp_path: Path) -> None:
    (tmp_path / "iam.tf").write_text("# mine\n")
    write_section(tmp_path, "iam.tf", THING, "cell-1")
    write_section(tmp_path, "iam.tf", POLICY, "cell-2")
    written = write_section(tmp_path, "iot.tf", THING, "cell-1")
    text = (tmp_path / "iam.tf").read_text()
    assert text.startswith("# mine\n\n# >>> notebook cell cell-2")
    assert "aws_iot_thing" not in text
    assert written.summary() == [
        "terraform/iam.tf: the earlier text of this cell was removed",
        "terraform/iot.tf: declares aws_iot_thing.house",
    ]


def test_without_cell_ids_the_block_tells_what_to_remove_from_another_file(
    tmp_path: Path,
) -> None:
    write_section(tmp_path, "iam.tf", THING)
    written = write_section(tmp_path, "iot.tf", THING)
    assert (tmp_path / "iam.tf").read_text() == ""
    assert written.summary()[0] == "terraform/iam.tf: the earlier text of this cell was removed"


def test_the_removed_text_of_another_cell_is_told(tmp_path: Path) -> None:
    write_section(tmp_path, "iot.tf", THING + POLICY, "cell-1")
    assert write_section(tmp_path, "iot.tf", THING, "copy").summary() == [
        "terraform/iot.tf: the text of another cell that declares the same was removed",
        "terraform/iot.tf: declares aws_iot_thing.house",
    ]


def test_what_was_typed_by_hand_stays_byte_for_byte_in_the_other_files(tmp_path: Path) -> None:
    by_hand = THING.replace("\n", "\r\n").encode() + b"# caf\xe9\r\n   \r\n"
    (tmp_path / "iam.tf").write_bytes(by_hand)
    write_section(tmp_path, "iot.tf", THING, "cell-1")
    assert (tmp_path / "iam.tf").read_bytes() == by_hand
    marked = b"\r\n# >>> notebook cell cell-2\r\n# stub\r\n# <<< notebook cell\r\n"
    (tmp_path / "iam.tf").write_bytes(by_hand + marked + b"# after\r\n")
    write_section(tmp_path, "iot.tf", POLICY, "cell-2")
    assert (tmp_path / "iam.tf").read_bytes() == by_hand + b"# after\r\n"


def test_a_section_that_lost_its_end_mark_takes_nothing_of_its_neighbours_along(
    tmp_path: Path,
) -> None:
    broken = "# >>> notebook cell cell-1\n" + POLICY + "# by hand\n"
    (tmp_path / "iot.tf").write_text(broken)
    write_section(tmp_path, "iot.tf", THING, "cell-2")
    write_section(tmp_path, "iot.tf", THING, "cell-2")
    text = (tmp_path / "iot.tf").read_text()
    assert text.startswith(broken)
    assert text.count("aws_iot_thing") == 1


def test_cells_that_are_run_over_and_over_leave_no_heap_of_empty_lines(tmp_path: Path) -> None:
    for _ in range(5):
        write_section(tmp_path, "iot.tf", THING, "cell-1")
        write_section(tmp_path, "iot.tf", POLICY, "cell-2")
    assert "\n\n\n" not in (tmp_path / "iot.tf").read_text()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# YOUR CODE HERE\n", "nothing declared yet"),
        ("### BEGIN SOLUTION\n/* none */\n### END SOLUTION\n", "nothing declared yet"),
        (THING + POLICY, "declares aws_iot_thing.house, aws_iot_policy.device"),
        ('data "aws_iot_endpoint" "e" {\n}\n', "declares data.aws_iot_endpoint.e"),
        ("locals {\n}\n", "2 lines written"),
    ],
)
def test_the_summary_says_what_a_cell_declares(tmp_path: Path, text: str, words: str) -> None:
    assert write_section(tmp_path, "iot.tf", text).summary() == [f"terraform/iot.tf: {words}"]


def test_the_marks_of_a_solution_stay_out_and_the_lines_stay_those_of_the_cell(
    tmp_path: Path,
) -> None:
    (tmp_path / "iot.tf").write_text("# mine\n")
    marked = f"### BEGIN SOLUTION\n{THING}### END SOLUTION\n"
    write_section(tmp_path, "iot.tf", marked, "cell-1")
    lines = (tmp_path / "iot.tf").read_text().splitlines()
    assert not [line for line in lines if "SOLUTION" in line]
    assert cell_line(tmp_path / "iot.tf", lines.index('  name = "house"') + 1) == 4
    assert cell_line(tmp_path / "iot.tf", 1) is None


def test_the_addresses_of_a_folder_are_those_of_all_its_files(tmp_path: Path) -> None:
    (tmp_path / "a.tf").write_text(THING)
    write_section(tmp_path, "b.tf", POLICY)
    expected = ["resource.aws_iot_policy.device", "resource.aws_iot_thing.house"]
    assert folder_addresses(tmp_path) == expected

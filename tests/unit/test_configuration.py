"""Terraform files written from cells."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_utils.configuration import declared_addresses, write_section
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

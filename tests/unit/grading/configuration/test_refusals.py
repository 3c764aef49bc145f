"""From Terraform's errors to what is set aside."""

from __future__ import annotations

from pathlib import Path

from lab_utils.grading.configuration.engine import Complaint
from lab_utils.grading.configuration.refusals import Refusals
from lab_utils.grading.configuration.shelf import WHOLE_FILE, Shelf
from tests.unit.grading.configuration.folders import sources_of, text_of

TWO = """\
resource "a" "one" {
  x = 1
}

locals {
  good = 1
  bad  = a.gone.x
}

resource "a" "two" {
  depends_on = [a.one]
  x          = 2
}
"""
FILE = "iot.tf"


def refusals_of(workspace: Path, text: str = TWO) -> tuple[Refusals, Shelf]:
    sources = sources_of(workspace, {f"terraform/{FILE}": text})
    shelf = Shelf(sources, lambda _entry: None)
    return Refusals(sources, shelf), shelf


def blocks(shelf: Shelf) -> list[tuple[str, int]]:
    return [(entry.block, entry.line) for entry in shelf.entries]


def undeclared(line: int, kind: str, name: str) -> Complaint:
    detail = f'A managed resource "{kind}" "{name}" has not been declared in the root module.'
    return Complaint("Reference to undeclared resource", detail, FILE, line)


def test_each_block_that_errors_name_is_set_aside_once(tmp_path: Path) -> None:
    refusals, shelf = refusals_of(tmp_path)
    wrong = [Complaint("Unsupported argument", f"No {line}.", FILE, line) for line in (12, 2, 1)]
    assert refusals.take(wrong)
    assert blocks(shelf) == [('resource "a" "one"', 1), ('resource "a" "two"', 10)]
    assert shelf.entries[0].why == "Unsupported argument: No 1. Unsupported argument: No 2."
    assert shelf.entries[0].file == "terraform/iot.tf"
    left = text_of(refusals._sources, "terraform/iot.tf")
    assert left.strip().startswith("locals")
    assert left.count("\n") == TWO.count("\n")


def test_of_a_file_that_cannot_be_read_only_the_first_error_counts(tmp_path: Path) -> None:
    refusals, shelf = refusals_of(tmp_path)
    refusals.take([Complaint("Invalid expression", "", FILE, line) for line in (2, 6, 11)])
    assert blocks(shelf) == [('resource "a" "one"', 1)]


def test_a_block_without_an_end_is_the_one_whatever_line_is_named(tmp_path: Path) -> None:
    text = 'a "b" {\n  x = <<EOF\n}\nresource "a" "two" {\n  x = 1\n}\n'
    refusals, shelf = refusals_of(tmp_path, text)
    refusals.take([Complaint("Unterminated template string", "", FILE, 6)])
    assert blocks(shelf) == [('a "b"', 1)]


def test_of_locals_only_the_value_is_set_aside(tmp_path: Path) -> None:
    refusals, shelf = refusals_of(tmp_path)
    refusals.take([undeclared(7, "a", "gone")])
    assert blocks(shelf) == [("locals / bad", 7)]
    assert "good" in text_of(refusals._sources, "terraform/iot.tf")
    assert shelf.addresses == {"local.bad"}


def test_an_order_that_names_what_was_set_aside_is_no_loss(tmp_path: Path) -> None:
    refusals, shelf = refusals_of(tmp_path)
    refusals.take([Complaint("Unsupported argument", "", FILE, 2)])
    assert refusals.take([undeclared(11, "a", "one")])
    assert len(shelf.entries) == 1
    assert "depends_on" not in text_of(refusals._sources, "terraform/iot.tf")
    assert "x          = 2" in text_of(refusals._sources, "terraform/iot.tf")
    assert len(refusals.remarks) == 1


def test_an_order_that_names_what_never_was_is_the_students_error(tmp_path: Path) -> None:
    refusals, shelf = refusals_of(tmp_path)
    refusals.take([undeclared(11, "a", "one")])
    assert blocks(shelf) == [('resource "a" "two"', 10)]


def test_what_refers_to_a_block_set_aside_says_so(tmp_path: Path) -> None:
    refusals, shelf = refusals_of(tmp_path, TWO.replace("= 2", "= a.one.x"))
    refusals.take([Complaint("Unsupported argument", "", FILE, 2)])
    refusals.take([undeclared(12, "a", "one")])
    assert shelf.entries[1].why.startswith("It refers to a.one, which was set aside. Reference to")


def test_an_error_without_a_place_is_placed_by_the_names_in_it(tmp_path: Path) -> None:
    refusals, shelf = refusals_of(tmp_path)
    assert refusals.take([Complaint("Cycle: a.two, a.one")])
    assert blocks(shelf) == [('resource "a" "one"', 1)]
    assert not refusals.take([Complaint("Plugin did not respond")])


def test_an_error_in_what_is_no_file_of_the_configuration_changes_nothing(tmp_path: Path) -> None:
    refusals, shelf = refusals_of(tmp_path)
    assert not refusals.take([Complaint("Unsupported argument", "", "../../etc/passwd", 1)])
    assert shelf.entries == []


def test_a_file_in_json_is_set_aside_as_a_whole(tmp_path: Path) -> None:
    sources = sources_of(tmp_path, {"terraform/x.tf.json": "{", "terraform/iot.tf": TWO})
    shelf = Shelf(sources, lambda _entry: None)
    assert Refusals(sources, shelf).take([Complaint("Unclosed object", "", "x.tf.json", 1)])
    assert [entry.block for entry in shelf.entries] == [WHOLE_FILE]
    assert text_of(sources, "terraform/x.tf.json") == "{}"


def test_the_version_that_terraform_should_have_is_no_loss(tmp_path: Path) -> None:
    text = 'terraform {\n  required_version = "< 1.0"\n}\n'
    refusals, shelf = refusals_of(tmp_path, text)
    assert refusals.take([Complaint("Unsupported Terraform Core version", "", FILE, 2)])
    assert shelf.entries == []
    assert text_of(refusals._sources, "terraform/iot.tf").split() == ["terraform", "{", "}"]

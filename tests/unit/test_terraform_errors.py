"""The order, the places and the next steps of Terraform's errors, as it reported them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab_utils.configuration import write_section
from lab_utils.errors import TerraformError
from lab_utils.terraform_errors import explain
from lab_utils.terraform_events import Outcome

CERTIFICATE = 'resource "aws_iot_certificate" "certificate" {\n  active = true\n}\n'
AWS = "operation error IoT: X, https response error StatusCode: 400, RequestID: 1, "


def error(summary: str, detail: str = "", where: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {"severity": "error", "summary": summary, "detail": detail}
    if where:
        name, line = where.split(":")
        found["range"] = {"filename": name, "start": {"line": int(line)}}
    return found


def undeclared(kind: str, name: str, where: str, mode: str = "managed") -> dict[str, Any]:
    detail = f'A {mode} resource "{kind}" "{name}" has not been declared in the root module.'
    return error("Reference to undeclared resource", detail, where)


def explained(folder: Path, *errors: dict[str, Any]) -> TerraformError:
    outcome = Outcome(diagnostics=list(errors))
    return explain("apply it", outcome, "", folder, lambda _kind: ["type_a", "type_b"])


def test_errors_stand_in_the_order_of_the_files_the_given_ones_last(tmp_path: Path) -> None:
    places = ["output.tf:5", "provider.tf:1", "iot.tf:20", "iot.tf:3", "dynamo.tf:9"]
    told = explained(tmp_path, *(error(f"E{n}", "", where) for n, where in enumerate(places)))
    order = [line for line in told.happened.splitlines() if line.startswith("Error")]
    assert order == ["Error: E4", "Error: E3", "Error: E2", "Error: E0", "Error: E1"]


def test_a_message_that_repeats_is_shown_once_with_its_places(tmp_path: Path) -> None:
    told = explained(
        tmp_path,
        *(undeclared("aws_iot_certificate", "cert", f"output.tf:{n}") for n in (21, 9, 15)),
    )
    assert told.happened.count("has not been declared") == 1
    assert "on output.tf line 9:" in told.happened
    assert told.happened.endswith("(also output.tf lines 15, 21)")


def test_the_same_error_of_two_resources_stays_two(tmp_path: Path) -> None:
    pair = [error("Wrong", "", "iot.tf:1") | {"address": f"a.b[{n}]"} for n in range(2)]
    told = explained(tmp_path, *pair)
    assert "with a.b[0]" in told.happened
    assert "with a.b[1]" in told.happened


def test_what_a_given_file_misses_is_to_be_declared_and_near_names_are_asked_about(
    tmp_path: Path,
) -> None:
    write_section(tmp_path, "iot.tf", CERTIFICATE)
    told = explained(
        tmp_path,
        undeclared("aws_iot_certificate", "cert", "output.tf:9"),
        undeclared("aws_iot_endpoint", "iot_endpoint", "output.tf:5", "data"),
        undeclared("aws_iot_certificate", "cert", "iot.tf:9"),
    )
    assert told.next_step.splitlines() == [
        'output.tf is given: declare data "aws_iot_endpoint" "iot_endpoint".',
        'output.tf is given: declare resource "aws_iot_certificate" "cert". '
        "You have declared aws_iot_certificate.certificate: is the name right?",
    ]


def test_an_unknown_type_is_told_its_near_name_or_all_types(tmp_path: Path) -> None:
    near = error("Invalid resource type", 'No type "x". Did you mean "y"?', "iot.tf:1")
    assert "type_a" not in explained(tmp_path, near).next_step
    far = error("Invalid resource type", 'No type "x".', "iot.tf:1")
    assert "type_a, type_b" in explained(tmp_path, far).next_step


def test_what_init_says_before_the_real_errors_is_left_out(tmp_path: Path) -> None:
    preamble = error("Terraform encountered problems during initialisation, including problems")
    told = explained(tmp_path, preamble, error("Invalid expression", "", "iot.tf:3"))
    assert (told.attempted, told.happened) == (
        "read the Terraform files",
        "Error: Invalid expression\n\n  on iot.tf line 3:",
    )
    assert "initialisation" in explained(tmp_path, preamble).happened


def test_the_place_names_the_line_of_the_cell(tmp_path: Path) -> None:
    (tmp_path / "iot.tf").write_text("# by hand\n")
    write_section(tmp_path, "iot.tf", CERTIFICATE, "cell-1")
    told = explained(tmp_path, error("E", "", "iot.tf:5"), error("F", "", "iot.tf:1"))
    assert "on iot.tf line 5 (line 3 of the cell):" in told.happened
    assert "on iot.tf line 1:" in told.happened


@pytest.mark.parametrize(
    ("summary", "words"),
    [
        (AWS + "InvalidRequestException: Invalid Target: arn:thing/house", "by its arn"),
        (AWS + "SqlParseException: Unsupported WHERE clause: t == 40", "= <> < <= > >="),
        ("Name must match the pattern ^[0-9A-Za-z_]+$", "letters, digits and underscores only"),
        ('all attributes must be indexed. Unused attributes: ["z"]', "for the key only"),
        (AWS + "MalformedPolicyDocument: Missing required field Principal", "Principal"),
        (AWS + "EntityAlreadyExists: Role with name t", "lab terraform import ADDRESS ID"),
        (AWS + "ResourceAlreadyExistsException: Rule 'r'", "lab terraform import ADDRESS ID"),
        (AWS + "ResourceInUseException: Table already exists: t", "lab terraform import"),
    ],
)
def test_the_classic_mistakes_have_a_way_on(tmp_path: Path, summary: str, words: str) -> None:
    assert words in explained(tmp_path, error(summary, "", "iot.tf:1")).next_step


def test_other_errors_are_to_be_mended_as_they_say(tmp_path: Path) -> None:
    assert explained(tmp_path, error("Odd")).next_step.startswith("mend what the message names")


def test_only_the_first_errors_are_shown_and_the_rest_counted(tmp_path: Path) -> None:
    told = explained(tmp_path, *(error(f"E{n}", "", f"iot.tf:{n}") for n in range(1, 8)))
    assert told.happened.endswith("Error: E5\n\n  on iot.tf line 5:\n\n... and 2 more errors.")

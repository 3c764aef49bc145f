"""The scanner of Terraform files, on whole and on broken ones."""

from __future__ import annotations

import pytest

from lab_utils.grading.configuration.hcl import (
    ATTRIBUTE,
    BLOCK,
    STRAY,
    blanked,
    last_line_of,
    line_of,
    part_at,
    parts_of,
    scan,
)

WHOLE = """\
# resource "not" "one" {
terraform { required_version = ">= 1.5" }
/* resource "nor" "this" {
*/
resource "aws_iot_policy" "p" {
  name   = "a}b" // }
  policy = <<-EOF
    {"Statement": [{"Resource": "}}}"
resource "in" "heredoc" {
  EOF
  tags = {
    a = "${join("}", ["{"])}"
  }
}

locals {
  escaped = "$${timestamp()}"
  quoted  = "say \\"{\\""
}
"""


def titles(text: str) -> list[str]:
    return [part.title or f"<{part.kind}>" for part in scan(text)]


def test_blocks_are_told_whatever_strings_heredocs_and_comments_hold() -> None:
    assert titles(WHOLE) == ["terraform", 'resource "aws_iot_policy" "p"', "locals"]
    policy = scan(WHOLE)[1]
    assert (line_of(WHOLE, policy.start), last_line_of(WHOLE, policy)) == (5, 14)
    assert policy.is_closed
    assert policy.address == "aws_iot_policy.p"
    names = [(part.kind, part.name) for part in parts_of(WHOLE, policy)]
    assert names == [(ATTRIBUTE, "name"), (ATTRIBUTE, "policy"), (ATTRIBUTE, "tags")]


def test_the_parts_of_a_block_have_their_values() -> None:
    text = 'a "b" {\n  one = 1 # first\n  many = [\n    2,\n  ]\n  c {\n    d = 3\n  }\n}\n'
    one, many, inner = parts_of(text, scan(text)[0])
    assert text[slice(*one.inner)] == "1"
    assert text[slice(*many.inner)] == "[\n    2,\n  ]"
    assert (inner.kind, inner.name) == (BLOCK, "c")
    [only] = parts_of("x { y = 1 }", scan("x { y = 1 }")[0])
    assert (only.kind, only.name) == (ATTRIBUTE, "y")


@pytest.mark.parametrize(
    "broken",
    [
        'resource "a" "one" {\n  name = "x\n}\n',
        'resource "a" "one" {\n  name = "x"\n\n',
        'resource "a" "one" {\n  tags = {\n    a = "b"\n}\n',
        'resource "a" "one" {\n  name = "${var.x\n}\n',
        'resource "a" "one" {\n  text = <<EOF\n  {\n}\n',
        'resource "a" "one"\n{\n  name = "x"\n}\n',
        'resource "a" "one" {\n  name = ["x", "y"\n}\n',
        "resource a one {\n  name = 'x'\n}\n",
        'resource "a" "one"\n  name = "x"\n  tags = {\n    a = 1\n  }\n}\n',
        'resource a" "one" {\n  name = "x"\n}\n',
    ],
    ids=[
        *("quote", "brace", "inner brace", "template", "heredoc"),
        *("brace on a line of its own", "bracket", "no quotes", "no brace", "no quote"),
    ],
)
def test_a_broken_block_ends_before_the_next_one(broken: str) -> None:
    text = broken + 'resource "a" "two" {\n  name = "y"\n}\noutput "o" {\n  value = 1\n}\n'
    assert titles(text) == ['resource "a" "one"', 'resource "a" "two"', 'output "o"']
    assert part_at(text, scan(text), 2) == scan(text)[0]


def test_what_is_no_block_is_a_part_of_its_own() -> None:
    text = '}\nname = "x"\n<<<<<<< HEAD\nresource "a" "b" {\n}\n}\n'
    kinds = [part.kind for part in scan(text)]
    assert kinds == [STRAY, ATTRIBUTE, STRAY, BLOCK, STRAY]


def test_a_line_between_two_parts_belongs_to_the_one_before() -> None:
    text = "a {\n}\n\nb {\n}\n"
    first, second = scan(text)
    assert part_at(text, [first, second], 3) == first
    assert part_at(text, [first, second], 4) == second
    assert part_at("\n\na {\n}\n", scan("\n\na {\n}\n"), 1) is None


def test_windows_line_ends_change_nothing() -> None:
    assert titles(WHOLE.replace("\n", "\r\n")) == titles(WHOLE)


def test_what_is_taken_out_leaves_the_lines_their_numbers() -> None:
    text = "a {\n  x = 1\n}\nb {\n}\n"
    left = blanked(text, scan(text)[0].start, scan(text)[0].end)
    assert titles(left) == ["b"]
    assert line_of(left, scan(left)[0].start) == 4


@pytest.mark.parametrize(
    "text", ["{", '"', "<<EOF\n", "${", 'a "', "a = {", "/*", "}}}", "\\", "="]
)
def test_any_text_comes_to_an_end(text: str) -> None:
    assert scan(text * 2000) or text == "/*"

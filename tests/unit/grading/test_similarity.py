"""Similarity: what is alike is found in every disguise, and what people did apart is not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import nbformat
import pytest

from lab_utils.grading.release.contents import read_books, release_files
from lab_utils.grading.similarity import SimilarityReport, find_similar
from lab_utils.grading.similarity.comparison import REMARKABLE
from lab_utils.grading.similarity.course import course_prints
from lab_utils.grading.similarity.fingerprints import Print, all_prints
from lab_utils.grading.similarity.sources import read_work
from lab_utils.settings import CHECKOUT
from tests.students.practical import MAIN
from tests.unit.grading.classmates import (
    BEN,
    CLASS,
    EVE,
    Files,
    as_bytes,
    commented,
    padded,
    renamed,
    reordered,
)

SOURCE = "ac_control_lambda/src/ac_control_lambda.py"
DISGUISES: dict[str, Callable[[Files], Files]] = {
    "renamed": renamed,
    "reordered": reordered,
    "commented": commented,
    "all three": lambda files: commented(reordered(renamed(files))),
}


@pytest.fixture(scope="module")
def given() -> frozenset[Print]:
    return course_prints(CHECKOUT)


def scores(given: frozenset[Print], **works: Files) -> dict[tuple[str, ...], float]:
    report = find_similar({k: as_bytes(v) for k, v in works.items()}, given=given, least=0.0)
    return {pair.alike.students: pair.alike.score for pair in report.pairs}


@pytest.mark.parametrize("work", CLASS)
@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_copy_is_found_in_every_disguise(
    given: frozenset[Print], work: str, disguise: str
) -> None:
    copy = DISGUISES[disguise](CLASS[work])
    changed = [name for name, text in copy.items() if CLASS[work].get(name) != text]
    assert changed
    assert scores(given, a=CLASS[work], b=copy)["a", "b"] > 0.9


@pytest.mark.parametrize("work", CLASS)
def test_a_copy_with_padding_everywhere_is_still_told(given: frozenset[Print], work: str) -> None:
    works = {**CLASS, "copy": padded(reordered(renamed(CLASS[work])))}
    [pair] = find_similar({k: as_bytes(v) for k, v in works.items()}, given=given).pairs
    assert set(pair.alike.students) == {work, "copy"}
    assert pair.alike.score < 0.9


def test_what_people_did_apart_is_clearly_less_alike(given: frozenset[Print]) -> None:
    works = {student: as_bytes(files) for student, files in CLASS.items()}
    report = find_similar(works, given=given, least=0.0)
    assert report.typical < 0.1
    assert all(pair.alike.score < REMARKABLE / 10 for pair in report.pairs)
    assert not find_similar(works, given=given).pairs


def test_a_copy_stands_out_of_a_class(given: frozenset[Print]) -> None:
    works = {**CLASS, "mia": DISGUISES["all three"](BEN)}
    [pair] = find_similar({k: as_bytes(v) for k, v in works.items()}, given=given).pairs
    assert pair.alike.students == ("ben", "mia")


def test_what_was_taken_in_part_is_told_by_its_share_in_each(given: frozenset[Print]) -> None:
    short = {SOURCE: EVE[SOURCE]}
    long = {**BEN, "ac_control_lambda/src/zones.py": EVE[SOURCE]}
    works = {"long": as_bytes(long), "short": as_bytes(renamed(short))}
    [pair] = find_similar(works, given=given, least=0.1).pairs
    of_long, of_short = pair.alike.shares
    assert of_short > 0.9
    assert of_long < 0.5
    assert {match.kind for match in pair.matches} == {"Python"}


def test_the_given_files_and_the_solution_of_the_course_count_for_nothing(
    given: frozenset[Print],
) -> None:
    books = read_books(CHECKOUT)
    seed = {name: file.content for name, file in release_files(CHECKOUT, books).items()}
    seed = {name: content for name, content in seed.items() if not name.startswith("lab_utils/")}
    solved = {path.name: path.read_bytes() for path in (CHECKOUT / "notebooks").glob("*.ipynb")}
    report = find_similar({"a": seed, "b": seed, "c": solved, "d": solved}, given=given, least=0.0)
    assert not report.pairs
    assert report.typical == 0.0


def test_what_nearly_all_have_counts_for_nothing(given: frozenset[Print]) -> None:
    students = {f"student_{number}": {SOURCE: EVE[SOURCE]} for number in range(5)}
    works = {**students, "ben": BEN}
    assert not find_similar({k: as_bytes(v) for k, v in works.items()}, given=given).pairs
    few = {student: students[student] for student in ("student_1", "student_2")}
    assert find_similar({k: as_bytes(v) for k, v in few.items()}, given=given).pairs


def cell(source: str, cell_id: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_code_cell(source, id=cell_id)


def test_a_notebooks_cells_are_compared_with_files(given: frozenset[Print]) -> None:
    book = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("# Part 1"),
            cell(f"%%terraform main.tf\n{BEN['terraform/main.tf']}", "hcl"),
            cell(f"%%workspace {SOURCE}\n{BEN[SOURCE]}", "code"),
            cell(f"%%workspace .gitlab-ci.yml\n{BEN['.gitlab-ci.yml']}", "pipeline"),
            cell("%%timestream\nSELECT 1", "sql"),
            cell("!ls\n%matplotlib inline\nlab.apply()", "magics"),
        ]
    )
    works = {"book": {"01.ipynb": nbformat.writes(book).encode()}, "files": as_bytes(BEN)}
    report = find_similar(works, given=given)
    [pair] = report.pairs
    assert pair.alike.score > 0.99
    assert not report.left_out
    assert {match.places[0].file for match in pair.matches} >= {
        "01.ipynb, cell hcl",
        "01.ipynb, cell code",
    }


def test_a_passage_is_told_with_its_lines_on_both_sides(given: frozenset[Print]) -> None:
    moved = {"infra/all.tf": "# mine\n\n" + renamed(BEN)["terraform/main.tf"]}
    works = {"a": as_bytes({"terraform/main.tf": BEN["terraform/main.tf"]}), "b": as_bytes(moved)}
    [told] = find_similar(works, given=given).to_json()["pairs"]
    assert len(told["passages"]) > 5
    for passage in told["passages"]:
        left, right = passage["places"]
        assert (left["file"], right["file"]) == ("terraform/main.tf", "infra/all.tf")
        assert right["first_line"] - left["first_line"] == 2
        assert right["last_line"] - left["last_line"] == 2
        lines = BEN["terraform/main.tf"].splitlines()
        assert left["text"].splitlines() == lines[left["first_line"] - 1 : left["last_line"]]
    sizes = [passage["tokens"] for passage in told["passages"]]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ('a = ["x", "y"]\nb = 1', 'b = 2 # two\na = [\n  "other",\n  "texts",\n]'),
        ('r = "${aws_iam_role.a.arn}"', "r = aws_iam_role.b.arn"),
        ("p = jsonencode({ A = 1, B = [2] })", 'p = <<EOF\n{"B": [3],\n "A": 4}\nEOF'),
        ('tags = { a = "}" }', 'tags = { a = "{" }'),
    ],
)
def test_hcl_that_says_the_same_has_the_same_fingerprints(left: str, right: str) -> None:
    works = [
        f'resource "aws_thing" "{name}" {{\n{body}\n}}'
        for name, body in (("a", left), ("b", right))
    ]
    first, second = (all_prints(read_work({"a.tf": one.encode()}).passages) for one in works)
    assert first == second != frozenset()


def test_hcl_that_says_something_else_has_others() -> None:
    texts = ('resource "aws_a" "x" {\n a = b.c.d\n}', 'resource "aws_b" "x" {\n a = b.c.d\n}')
    first, second = (all_prints(read_work({"a.tf": one.encode()}).passages) for one in texts)
    assert first & second < first


def test_a_damaged_file_is_named_and_harms_no_other(given: frozenset[Print]) -> None:
    damaged = {
        "a.ipynb": b"{",
        "b.ipynb": b"[]",
        "c.py": b"def f(:\n",
        "d.tf": b'resource "x" {{{{[[[ "' + b"{" * 5000,
        "e.yml": b"\xff\xfe: [",
        "f.py": b"(" * 5000,
        "g.py": b"x = 1\n" * 400_000,
        "h.ipynb": json.dumps({"cells": [3, {"cell_type": "code", "source": None}]}).encode(),
    }
    report = find_similar({"a": {**damaged, **as_bytes(EVE)}, "b": as_bytes(EVE)}, given=given)
    assert [pair.alike.students for pair in report.pairs] == [("a", "b")]
    named = {file for _, file, _ in report.left_out}
    assert {"a.ipynb", "b.ipynb", "c.py", "f.py", "g.py"} <= named
    assert all(why for _, _, why in report.left_out)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("a.tf", 'a = "' + "${a}" * 40_000),
        ("a.tf", "/*" * 90_000),
        ("a.tf", "".join(f"<<A{number}\n" for number in range(20_000))),
        ("a.tf", "<<A\n" + "A " * 90_000),
        ("a.tf", "a." * 90_000),
        ("a.yml", f"a:\n{' ' * 90_000}x"),
        ("a.yml", "a:\n" + f"{'- a' * 3_000}\n" * 20),
        ("a.py", "a=" * 90_000 + "1"),
        ("a.py", "x" + "[0]" * 60_000),
        ("a.py", "f(" * 90_000),
    ],
)
@pytest.mark.timeout(60)
def test_a_text_that_is_made_to_be_slow_is_read_in_seconds(file: str, text: str) -> None:
    evil = read_work({file: text.encode(), "good.tf": b'resource "a" "b" {\n  c = d\n}\n'})
    assert any(passage.file == "good.tf" for passage in evil.passages)


def test_the_report_is_json_of_bounded_length_and_judges_nobody(given: frozenset[Print]) -> None:
    evil = EVE[SOURCE].replace("artefact", "\x1b[31m\u202e" + "x" * 2000)
    works = {name: as_bytes({**EVE, SOURCE: evil}) for name in ("a", "b")}
    told = find_similar(works, given=given).to_json()
    text = json.dumps(told, ensure_ascii=False)
    assert told == json.loads(text)
    assert "x" * 400 not in text
    assert not re.search("[\u202e\x1b]|\\\\u001b", text)
    assert not re.search("copi|cheat|plagiar|fraud|guilt|suspic", told["note"], re.I)


def test_nobody_and_one_alone_are_no_pair(given: frozenset[Print]) -> None:
    classes: list[dict[str, dict[str, bytes]]] = [{}, {"a": as_bytes(MAIN)}, {"a": {}, "b": {}}]
    for works in classes:
        report = find_similar(works, given=given)
        assert (report.pairs, report.typical) == ((), 0.0)
        assert isinstance(report, SimilarityReport)

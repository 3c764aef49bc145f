from __future__ import annotations

from pathlib import Path

import pytest

from lab_utils.pipeline.document import Document, read_document, rewritten


def read(tmp_path: Path, content: str | bytes) -> Document:
    path = tmp_path / "pipeline.yml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_document(path, "pipeline.yml")


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("job:\n\tscript: x\n", 2, "tab"),
        ("a: b: c\n", 1, "colon"),
        ("a:\n  b: 1\n c: 2\n", 3, "indentation"),
        ("x: *unknown\n", 1, "alias"),
        ("a: &a\n  b: *a\n", 1, "contains itself"),
        ("a: [1, 2\nb: 3\n", 2, "no YAML"),
        ("a: 'x\n", 2, "no YAML"),
        ("- a\n", 1, "a list"),
        ("only words\n", 1, "only words"),
        ("", 1, "empty"),
        ("# nothing\n", 1, "empty"),
        ("a: 1\nb: !vault x\n", 2, "cannot be read"),
        ("a: !!int x\n", 1, "no int"),
        ("? {a: b}\n: c\n", 1, "key"),
        (b"a: \xe9\n", 1, "UTF-8"),
        ("a: 1\n".encode("utf-16"), 1, "UTF-16"),
        (b"a" * 1_100_000, 1, "1 MB"),
        ("[" * 1500, 1, "deeper"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(
    tmp_path: Path, content: str | bytes, line: int, words: str
) -> None:
    document = read(tmp_path, content)
    (fault,) = document.faults
    assert (fault.line, fault.is_fatal) == (line, True)
    assert words in fault.says
    assert fault.hint
    assert document.data == {}


def test_anchors_that_multiply_are_refused_before_they_fill_the_memory(tmp_path: Path) -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    (fault,) = read(tmp_path, "\n".join(rows)).faults
    assert "larger than GitLab reads" in fault.says


def test_a_key_written_twice_is_said_and_the_last_one_counts(tmp_path: Path) -> None:
    document = read(tmp_path, "job:\n  script: a\njob:\n  script: b\n")
    (fault,) = document.faults
    assert (fault.line, fault.is_fatal) == (3, False)
    assert "line 1" in fault.hint
    assert document.data["job"]["script"] == "b"


def test_anchors_merges_and_references_are_read_with_their_lines(tmp_path: Path) -> None:
    text = """\
.base: &base
  image: python:3.13
  stage: test
job:
  <<: *base
  stage: deploy
  script:
    - !reference [.base, script]
    - echo
"""
    data = read(tmp_path, text).data
    assert data["job"]["image"] == "python:3.13"
    assert data["job"]["stage"] == "deploy"
    assert data["job"]["script"][0] == [".base", "script"]
    assert data.place("job", "image")[1] == 2
    assert data.place("job", "script", 1)[1] == 9
    assert data.place("job", "nothing")[1] == 4


def test_keys_and_dates_stay_the_texts_that_they_are(tmp_path: Path) -> None:
    data = read(tmp_path, "on: yes\n123: 2021-01-01\n").data
    assert data == {"on": True, "123": "2021-01-01"}


def test_a_header_with_inputs_comes_before_the_pipeline(tmp_path: Path) -> None:
    document = read(tmp_path, "spec:\n  inputs: {}\n---\njob: {script: x}\n")
    assert (document.faults, list(document.data)) == ([], ["job"])


def test_a_second_document_is_not_read(tmp_path: Path) -> None:
    document = read(tmp_path, "a: 1\n---\nb: 2\n")
    assert document.data == {"a": 1}
    assert [fault.line for fault in document.faults] == [3]


def test_keys_are_left_out_and_tags_and_anchors_stay(tmp_path: Path) -> None:
    path = tmp_path / "pipeline.yml"
    text = "image: a\nx: &x {image: b, script: [c]}\njob: {<<: *x, s: !reference [x, script]}\n"
    path.write_text(text, encoding="utf-8")
    left = rewritten(path, lambda keys: keys[-1] == "image")
    assert "image" not in left
    assert "!reference" in left
    path.write_text(left, encoding="utf-8")
    assert read_document(path, "").data["job"] == {"script": ["c"], "s": ["x", "script"]}


def test_a_job_gets_the_rule_never_to_run_and_those_that_share_with_it_do_not(
    tmp_path: Path,
) -> None:
    path = tmp_path / "pipeline.yml"
    path.write_text("a: &a {script: [x], only: [main]}\nb: {<<: *a}\n", encoding="utf-8")
    path.write_text(rewritten(path, lambda _keys: False, ["a"]), encoding="utf-8")
    data = read_document(path, "").data
    assert data["a"] == {"script": ["x"], "rules": [{"when": "never"}]}
    assert data["b"] == {"script": ["x"], "only": ["main"]}

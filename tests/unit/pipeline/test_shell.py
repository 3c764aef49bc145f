from __future__ import annotations

import pytest

from lab_utils.pipeline.shell import (
    ROOT,
    UNKNOWN,
    Shell,
    inner_texts,
    simple_commands,
    substituted,
)


def words(text: str, **variables: str) -> list[list[str]]:
    shell = Shell(variables=variables, arguments=(f"{ROOT}/ci/deploy.sh", "first"))
    return [[shell.expand(word) for word in one.words] for one in simple_commands(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a 'b c' \"d e\" f\\ g", [["a", "b c", "d e", "f g"]]),
        ("cd x && zip -r ../y.zip . > log 2>&1", [["cd", "x"], ["zip", "-r", "../y.zip", "."]]),
        ("a | b; c || true", [["a"], ["b"], ["c"], ["true"]]),
        ("a # b\nc", [["a"], ["c"]]),
        ("a \\\n  b", [["a", "b"]]),
        ("cat <<END\nzip x\nEND\nb", [["cat"], ["b"]]),
        ("(a; b)", [["a"], ["b"]]),
        ("a <<< text b", [["a", "b"]]),
        ("", []),
        ("'unclosed", [["unclose"]]),
    ],
)
def test_commands_are_taken_apart_as_a_shell_does(text: str, expected: list[list[str]]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$NAME ${NAME}.zip", ["it", "it.zip"]),
        ("${2:-$NAME.zip}", ["it.zip"]),
        ("$1 ${1:-other}", ["first", "first"]),
        ('"$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/build"', [f"{ROOT}/build"]),
        ("$(dirname $0) `basename $0 .sh`", [f"{ROOT}/ci", "deploy"]),
        ("$PWD $(pwd) $(git rev-parse --show-toplevel)", [ROOT] * 3),
        ("'$NAME' \\$NAME", ["$NAME", "$NAME"]),
        ("$OTHER $(date) ${NAME%.*} ${NAME:+x}", [UNKNOWN] * 4),
        ('"it\'s $NAME"', ["it's it"]),
        ("a$ $", ["a$", "$"]),
    ],
)
def test_words_are_expanded_as_far_as_reading_can_tell(text: str, expected: list[str]) -> None:
    assert words(text, NAME="it") == [expected]


def test_a_word_that_never_ends_to_expand_is_unknown() -> None:
    assert UNKNOWN in words("${" * 100 + "x")[0][0]


def test_commands_in_substitutions_are_found() -> None:
    assert list(inner_texts('x="$(aws a "$(b)")"${c:-`d`}')) == ['aws a "$(b)"', "d"]


def test_lines_are_counted_over_continuations_and_heredocs() -> None:
    text = "a\ncat <<X\n1\n2\nX\nb \\\n c\n\nd"
    assert [(one.words[0], one.line) for one in simple_commands(text)] == [
        ("a", 0),
        ("cat", 1),
        ("b", 5),
        ("d", 7),
    ]


def test_variables_of_the_yaml_are_put_in_and_others_stay() -> None:
    assert substituted("$A/${B}/$C", {"A": "1", "B": "2"}) == "1/2/$C"

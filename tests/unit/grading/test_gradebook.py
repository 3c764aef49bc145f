"""What goes into nbgrader's gradebook: names and penalties; the database itself is elsewhere."""

from __future__ import annotations

import pytest

from lab_utils.grading.gradebook.late import spread_penalty
from lab_utils.grading.gradebook.names import ASSIGNMENT, notebook_names, student_id
from lab_utils.grading.release import ASSIGNMENT as RELEASED


@pytest.mark.parametrize("name", ["ada", "Ada Lovelace", "ada@example.org", "Zoë O'Brien-李", "1"])
def test_a_student_is_called_in_the_gradebook_as_in_the_submissions(name: str) -> None:
    assert student_id(name) == name


def test_an_id_can_be_stored_exported_and_be_a_folder_whatever_the_name_is() -> None:
    names = ["", "a,b", 'a"b', "a\nb", "a\x00b", "\udc80", "=1+1", "@x", "../../etc", "a/b", "a\\b"]
    names += [".", "x" * 129, "x" * 130, " a", "a ", "\u202ea", "Ada, Grace"]
    ids = [student_id(name) for name in names]
    assert len(set(ids)) == len(names)
    for one in ids:
        assert one.encode("utf-8")
        assert one.isprintable()
        assert 0 < len(one) <= 128
        assert not set(one) & set(',"/\\')
        assert one[0] not in "=+@.- "


def test_each_part_has_the_notebook_that_teaches_it() -> None:
    names = notebook_names()
    assert list(names) == [1, 2, 3, 4, 5, 6, 7]
    assert names[4] == "04_scheduled_lambda"


def test_the_assignment_is_called_as_the_release() -> None:
    assert ASSIGNMENT == RELEASED


@pytest.mark.parametrize("penalty", [0.0, 0.1, 8.7, 19.0, 33.33, 79.99, 80.0])
def test_a_penalty_is_spread_as_the_points_are_and_adds_up_to_itself(penalty: float) -> None:
    scores = [15.0, 15.0, 13.0, 22.0, 0.0, 10.0, 5.0]
    shares = spread_penalty(penalty, scores)
    assert sum(shares) == sum(reversed(shares)) == penalty
    assert shares[4] == 0.0
    assert all(0 <= share <= score for share, score in zip(shares, scores, strict=True))


def test_a_penalty_of_a_submission_without_points_is_kept_all_the_same() -> None:
    assert sum(spread_penalty(3.0, [0.0, 0.0])) == 3.0

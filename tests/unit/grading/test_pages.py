"""The pages of a grading: what they say, what they hide, and that no text of a student harms."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from jinja2 import UndefinedError

from lab_utils.errors import SettingsError
from lab_utils.grading.pages import page_name, write_feedback, write_pages
from lab_utils.grading.pages.causes import Cause, frequent_causes
from lab_utils.grading.pages.measures import failures_of, phase_times_of, spread_of
from lab_utils.grading.pages.untrusted import shown, shown_name
from lab_utils.grading.pages.wording import PART_TITLES, duration, moment, points
from lab_utils.settings import CHECKOUT
from tests.unit.grading.graded_class import (
    HIDDEN,
    SECRET,
    results_of,
    submission,
    whole_class,
)

_VOID = {"meta", "link", "br", "img", "rect", "line"}
_ALLOWED = {
    *("html", "head", "meta", "title", "link", "style", "body", "a", "header", "main", "section"),
    *("h1", "h2", "h3", "p", "ul", "li", "dl", "dt", "dd", "div", "span", "strong", "code", "bdi"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td", "br", "pre", "figure", "figcaption"),
    *("svg", "desc", "rect", "line", "text"),
}


class Page(HTMLParser):
    """A page as a browser reads it: its elements, whether they nest, and its words."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.html = file.read_text(encoding="utf-8")
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(self.html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words += data

    def tags(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag == name]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("graded")
    assert write_pages(whole_class(), folder) == folder / "index.html"
    return folder


@pytest.fixture(scope="module")
def pages(out: Path) -> dict[str, Page]:
    return {file.stem: Page(file) for file in out.rglob("*.html")}


def page_of(tmp_path: Path, *arguments: object, **changes: object) -> Page:
    one = submission(*arguments, **changes)  # type: ignore[arg-type]
    return Page(write_feedback(results_of(one), one, tmp_path))


def test_each_page_needs_nothing_from_elsewhere_and_runs_nothing(pages: dict[str, Page]) -> None:
    assert len(pages) == 8
    for page in pages.values():
        assert {tag for tag, _attributes in page.elements} <= _ALLOWED
        for _tag, attributes in page.elements:
            assert not [name for name in attributes if name.startswith("on") or name == "src"]
            address = attributes.get("href") or "#"
            assert re.fullmatch(r"#[\w-]+|#|data:,|feedback/[\w.~-]+\.html", address)
        assert "url(" not in page.html
        assert "@import" not in page.html
        policy = [one["content"] for one in page.tags("meta") if "http-equiv" in one]
        assert str(policy[0]).startswith("default-src 'none'")


def test_each_page_is_built_for_ears_and_keyboards(pages: dict[str, Page]) -> None:
    for page in pages.values():
        tags = [tag for tag, _attributes in page.elements]
        assert page.tags("html") == [{"lang": "en"}]
        assert [tags.count(one) for one in ("h1", "main")] == [1, 1]
        assert tags.count("title") == 1 + tags.count("svg")
        assert tags.count("table") == tags.count("caption") > 0
        assert all(one.get("scope") in ("col", "row") for one in page.tags("th"))
        levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
        assert all(after <= before + 1 for before, after in pairwise(levels))
        anchors = [str(one["id"]) for _tag, one in page.elements if "id" in one]
        assert len(anchors) == len(set(anchors))
        links = [str(one["href"]) for one in page.tags("a")]
        assert {link[1:] for link in links if link.startswith("#")} <= set(anchors)


def test_the_class_page_leads_to_every_students_page(out: Path, pages: dict[str, Page]) -> None:
    links = {str(one["href"]) for one in pages["index"].tags("a")} - {"#content"}
    assert {out / link for link in links} == set((out / "feedback").iterdir())
    assert len(links) == 7


def test_a_students_page_says_of_each_check_what_was_seen_wanted_and_how_to_go_on(
    tmp_path: Path,
) -> None:
    page = page_of(tmp_path, "ada", {"part2-hot-45": "no item in the table"})
    told = page.html.split("<code>part2-hot-45</code>")[1].split("</li>")[0]
    assert "✘ failed" in told
    assert "0 of 4 points" in told
    assert "no item in the table" in told
    assert "<dt>Wanted</dt>" in told
    assert "<dt>Hint</dt>" in told
    passed = page.html.split("<code>part2-hot-40</code>")[1].split("</li>")[0]
    assert "✔ passed" in passed
    assert "Wanted" not in passed
    assert "101 of 105 points" in page.words
    assert "16 of 20" in page.words


def test_part_of_a_checks_points_is_said_to_be_a_part(tmp_path: Path) -> None:
    one = submission("ada", {"part5-tests": "20 of 25 mistakes noticed"})
    check = next(each for each in one["verdict"]["checks"] if each["id"] == "part5-tests")
    check["earned"] = 2
    page = Page(write_feedback(results_of(one), one, tmp_path))
    told = page.html.split("<code>part5-tests</code>")[1].split("</li>")[0]
    assert "◐ partly passed" in told
    assert "2 of 3 points" in told


def test_of_a_hidden_check_a_student_sees_the_id_and_the_points_and_nothing_else(
    tmp_path: Path, pages: dict[str, Page]
) -> None:
    for is_passed in (True, False):
        page = page_of(tmp_path, "ada", is_hidden_passed=is_passed)
        assert HIDDEN in page.words
        assert f"{5 if is_passed else 0} of 5 points" in page.words
        assert SECRET not in page.html
    assert SECRET in pages["index"].words


def test_what_lateness_costs_and_the_gradings_before_are_on_the_page(tmp_path: Path) -> None:
    past = {"graded_at": "2026-11-27T09:00:00+00:00", "earned": 61, "final": 61.0, "sha256": "2"}
    late = {"days": 1, "percent": 10.0, "penalty": 10.5}
    page = page_of(tmp_path, "ada", late=late, history=[past, {**past, "sha256": "1" * 64}])
    assert "94.5 of 105 points" in page.words
    assert "1 day: 10 %, which are 10.5 points, less" in page.words
    assert page.words.count("2026-11-27 09:00 UTC") == 2
    assert "other files" in page.words
    assert "the same files" in page.words


def test_a_grading_that_was_ended_says_so_and_that_its_points_are_kept(
    pages: dict[str, Page],
) -> None:
    assert "It was ended at its limit of time. In the phase `loop`" in pages["timeout"].words
    assert "earned before it are kept" in pages["timeout"].words
    assert "The submission could not be read. The zip names" in pages["unreadable"].words
    assert "did not come to its end" not in pages["ada"].words


def test_blocks_set_aside_remarks_and_steps_are_on_the_page(pages: dict[str, Page]) -> None:
    words = pages["left.out"].words
    assert 'resource "aws_iot_topic_rule" "hot_readings_to_dynamo"' in words
    assert "terraform/iot.tf, line 41" in words
    assert "An argument named `enable` is not expected here" in words
    assert "`python3.7` has been retired" in words
    assert "Applied 19 resources." in words


def test_what_a_student_writes_is_text_and_nothing_else(pages: dict[str, Page]) -> None:
    page = next(page for name, page in pages.items() if "mallory" in name)
    assert "<script>alert(1)</script><img src=x onerror=alert(2)>" in page.words
    assert "[U+202E]" in page.words
    assert "␛[2J␇" in page.words
    for one in pages.values():
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", one.html)


def test_every_character_of_a_text_can_be_seen() -> None:
    assert shown("a\x1b[31m\u202eb\udc80\x9b") == "a␛[31m[U+202E]b[U+DC80][U+009B]"
    assert shown("a\r\nb\u2028c\x85d\te") == "a\nb\nc\nd\te"
    joined = "می\u200cشود 👩\u200d💻"
    assert shown(joined) == joined
    assert shown("Z" + "\u0301" * 900) == "Z" + "\u0301" * 3
    assert shown_name(" a\n\n b\u200f ") == "a b[U+200F]"
    assert shown_name("") == "(no name)"


def test_a_text_that_is_too_long_is_cut_with_a_note() -> None:
    assert shown("abcdef", 4) == "abcd\n[cut here: 2 more characters]"
    assert shown("a\n" * 1000).count("\n") <= 81
    assert "[cut: 1,000 more]" in shown("a" * 3000)
    assert len(shown("a" * 10_000_000)) < 2100
    assert len(shown_name("a" * 100_000)) < 150


def test_files_called_after_students_stay_in_their_folder_and_apart() -> None:
    names = [
        *("ada", "Ada", "ADA", "ada.lovelace", "a", "", ".", "..", "../ada", "a/b", "a\\b", "con"),
        *("nul.x", "com1", "é", "李", "\udc80", "x" * 400, "x" * 401, "a\x00b", "-rf", "~ada"),
        *("ada~" + "0" * 12, "a b", "a-b", "ada.", "COM1", "Александра Константинопольская"),
    ]
    files = [page_name(name) for name in names]
    assert len({file.casefold() for file in files}) == len(names)
    assert files[0] == "ada.html"
    assert files[3] == "ada.lovelace.html"
    for file in files:
        assert re.fullmatch(r"[a-z0-9][a-z0-9._~-]*\.html", file)
        assert len(file) < 100
        assert not re.match(r"(con|nul|com1)\.", file)
    assert page_name("Ada", ".json") == page_name("Ada").replace(".html", ".json")


def test_a_page_is_there_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    one = submission("ada")
    file = write_feedback(results_of(one), one, tmp_path)
    before = file.read_text(encoding="utf-8")
    del one["source"]
    with pytest.raises(UndefinedError, match="source"):
        write_feedback(results_of(one), one, tmp_path)
    assert file.read_text(encoding="utf-8") == before
    assert list(tmp_path.iterdir()) == [file]


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "feedback").write_text("a file of somebody's")
    with pytest.raises(SettingsError, match=r"write the page .*feedback.ada.html"):
        write_pages(results_of(submission("ada")), tmp_path)


def test_the_class_page_tells_the_figures_of_the_class(pages: dict[str, Page]) -> None:
    page = pages["index"]
    assert "7 submissions, mean 55.86, median 76 of 105 points" in page.words
    assert "3 from 0 to 9 %, 1 from 70 to 79 %, 3 from 90 to 100 %" in page.words
    (picture,) = page.tags("svg")
    assert picture["role"] == "img"
    described = str(picture["aria-labelledby"]).split()
    assert described == [one["id"] for _tag, one in page.elements if one.get("id") in described]
    assert "2 days late, 19 points less" in page.words
    assert "ada and grace.hopper: similar to 83 %" in " ".join(page.words.split())


def test_of_many_similar_pairs_the_first_are_shown_and_the_rest_is_counted(tmp_path: Path) -> None:
    pair = whole_class()["similarity"]["pairs"][0]
    report = {**whole_class()["similarity"], "pairs": [pair] * 60, "more": 7}
    page = Page(write_pages(results_of(submission("ada"), submission("bob")), tmp_path, report))
    assert page.words.count("similar to 83 %") == 50
    assert "of 67 pairs that stand out, the 50 most similar are shown" in page.words
    assert "the pair in the middle of all is similar to 1 %" in page.words


def test_a_class_of_nobody_has_a_page(tmp_path: Path) -> None:
    assert "There are no submissions." in Page(write_pages(results_of(), tmp_path)).words


def test_checks_stand_in_the_order_of_how_many_they_stopped_with_their_causes() -> None:
    def missing(student: str, item: str) -> dict[str, object]:
        return submission(student, {"part2-hot-45": f"no item `{item}` after {len(item)} s"})

    found = failures_of([missing("a", "x"), missing("b", "yy"), submission("c")])
    assert (found[0].id, found[0].failed, found[0].count) == ("part2-hot-45", 2, 3)
    assert found[0].causes == (Cause("no item `x` after 1 s", 2),)
    assert {one.failed for one in found[1:]} == {0}


def test_causes_that_differ_in_names_and_numbers_only_are_one() -> None:
    role = "arn:aws:iam::000000000000:role/"
    texts = [f"{role}a may not write", f"{role}b may not write", "the table is empty"]
    assert frequent_causes(texts) == (
        Cause(f"{role}a may not write", 2),
        Cause("the table is empty", 1),
    )
    assert len(frequent_causes(str(letter) for letter in "abcdef")) == 3
    reasons = ["not reached: the zip is damaged", "not reached: the time limit", "no role"]
    not_reached = Cause("not reached: see each student's page", 2)
    assert frequent_causes(reasons) == (Cause("no role", 1), not_reached)
    assert frequent_causes([*reasons, *"abcdef"])[2] == not_reached


def test_points_are_spread_over_ten_bins_and_all_of_them_belong_to_the_last() -> None:
    spread = spread_of([submission("a"), submission("b", {"*": "x"}, is_hidden_passed=False)])
    assert [one.count for one in spread.bins] == [1, *[0] * 8, 1]
    assert (spread.mean, spread.median, spread.lowest, spread.highest) == (52.5, 52.5, 0, 105)


def test_the_slowest_phases_come_first_and_skipped_ones_not_at_all() -> None:
    times = phase_times_of([submission("a", seconds=10.0), submission("b", seconds=20.0)])
    assert (times[0].name, times[0].slowest, times[0].longest_s) == ("loop", "b", 6.0)
    assert times[0].median_s == pytest.approx(4.5)


def test_numbers_and_times_are_written_for_readers() -> None:
    assert [points(one) for one in (82, 82.5, 0.0, 82.504)] == ["82", "82.5", "0", "82.5"]
    times = [duration(seconds) for seconds in (4.24, 62, 3600, 180_000)]
    assert times == ["4.2 s", "1 min 2 s", "1 h", "2 d 2 h"]
    assert moment("2026-11-25T23:59:00+01:00") == "2026-11-25 22:59 UTC"
    assert moment(None) == "unknown"


def test_the_parts_are_called_as_the_notebooks_are() -> None:
    for number, title in PART_TITLES.items():
        (file,) = (CHECKOUT / "notebooks").glob(f"{number:02}_*.ipynb")
        first = nbformat.read(file, as_version=4).cells[0].source.splitlines()[0]
        assert first == f"# Part {number}: {title}"

"""Which cells of a notebook are replayed, and how files are written without a kernel."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from lab_utils.grading.replaying.file_cells import FileCells
from lab_utils.grading.replaying.lasting import may_last
from lab_utils.grading.replaying.plan import Chapter, Plan, plan_replay, plan_teardown
from lab_utils.grading.replaying.restoring import is_lacking, restore, save
from lab_utils.grading.submissions import prepare_workspace, read_submission
from lab_utils.grading.submissions.course import given_seed
from tests.grading_submissions import Change, add_cell, set_cell, write_notebooks
from tests.notebooks.books import PATHS

OWN_THING = 'lab.client("iot").create_thing(thingName="by-hand")'


@pytest.mark.parametrize(
    "source",
    [
        OWN_THING,
        "iot = lab.client('iot')\nmake = iot.create_thing\nmake(thingName='x')",
        "(folder / 'iot.tf').write_text(hcl)",
        "open('x.tf', 'w').write('x')",
        "open('x.tf', how)",
        "with open('x.tf', mode='a') as f:\n    print('x', file=f)",
        "import os\nos.remove('x')",
        "from shutil import copy\ncopy('a', 'b')",
        "import subprocess",
        "!cp a b",
        "lines = !ls",
        "%cd ..",
        "%%bash\necho x > y",
        "%%writefile x.tf\nx",
        "exec('1')",
        "__import__('o' + 's').remove('x')",
        "getattr(iot, 'create' + '_thing')(thingName='x')",
        "get_ipython().run_cell_magic('terraform', 'iot.tf', hcl)",
        "frame.to_csv('x.csv')",
        "().__class__.__bases__[0].__subclasses__()",
    ],
)
def test_python_that_could_leave_something_is_found(source: str) -> None:
    assert may_last(source)


@pytest.mark.parametrize(
    "source",
    [
        "1 + 1",
        "lab.plan()\nlab.table('Temperature')",
        "print(open('x.tf').read(), open('y', 'rb').read())",
        "sys.path.insert(0, str(folder / 'src'))\nfrom decision import decide\nprint(decide(35))",
        "%matplotlib inline\nplt.plot([1, 2])",
        "iot.list_things()['things']",
        "with lab.subscribe('AC/+') as inbox:\n    print(inbox.wait(1))",
        "this is no Python",
        "(" * 5000,
        "",
    ],
)
def test_python_that_only_shows_something_is_not_run(source: str) -> None:
    assert not may_last(source)


def planned(folder: Path, changes: dict[int, Change] | None = None, *, solved: bool = True) -> Plan:
    submission = read_submission(write_notebooks(folder / "ada", changes=changes, solved=solved))
    submission.write_to(folder / "given")
    prepare_workspace(folder / "given", folder / "workspace", submission.form)
    return plan_replay(folder / "given")


def chapter_of(plan: Plan, part: int) -> Chapter:
    return next(one for one in plan.chapters if one.name == PATHS[part - 1].stem)


def replayed(folder: Path, plan: Plan) -> Path:
    files = FileCells(plan, folder / "workspace")
    steps = [step for chapter in plan.chapters for step in chapter.steps if step.magic]
    assert [files.write(step) for step in steps] == [""] * len(steps)
    return folder / "workspace"


def test_a_solved_set_of_notebooks_needs_no_kernel(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    assert len(plan.chapters) == 6
    assert not any(chapter.is_run for chapter in plan.chapters)
    workspace = replayed(tmp_path, plan)
    for name in ("iot.tf", "dynamo.tf", "iam.tf", "timestream.tf", "lambda.tf"):
        assert 'resource "aws_' in (workspace / "terraform" / name).read_text()
    assert (workspace / "ci" / "lambda.gitlab-ci.yml").is_file()
    assert len(list((workspace / "dashboard").iterdir())) == 4


def test_stubs_write_nothing(tmp_path: Path) -> None:
    plan = planned(tmp_path, solved=False)
    workspace = replayed(tmp_path, plan)
    assert not any(chapter.is_run for chapter in plan.chapters)
    for name in ("dynamo.tf", "timestream.tf", "lambda.tf"):
        assert (workspace / "terraform" / name).read_bytes() == given_seed()[f"terraform/{name}"]
    assert not (workspace / "dashboard").exists()


def test_a_notebook_with_own_python_is_run_up_to_it_without_checks(tmp_path: Path) -> None:
    plan = planned(tmp_path, {2: set_cell("part2-publish", OWN_THING)})
    assert [chapter.is_run for chapter in plan.chapters] == [False, True, *[False] * 4]
    names = [step.name for step in chapter_of(plan, 2).steps]
    assert "part2-send-boundary" not in names
    assert names[-3:] == ["part2-publish", "part2-logging-hcl", "part2-logging-options"]
    assert names[:3] == ["part2-parameters", "part2-lab", "part2-plan-first"]
    assert "part2-table" not in names


def test_cells_that_write_files_are_kept_behind_own_python(tmp_path: Path) -> None:
    plan = planned(tmp_path, {2: set_cell("part2-plan-first", OWN_THING)})
    assert "part2-rule-hcl" in [step.name for step in chapter_of(plan, 2).steps]


def test_part_7_is_a_plan_of_its_own_and_run_as_a_whole(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    assert "07_destroy" not in [chapter.name for chapter in plan.chapters]
    teardown = plan_teardown(tmp_path / "given")
    assert teardown is not None
    names = [step.name for step in teardown.chapters[0].steps]
    assert {"part7-untie", "part7-ties", "part7-rest"} <= set(names)
    assert not {"part7-state", "part7-keys", "part7-services"} & set(names)
    assert not {"part7-preview", "part7-lost", "part7-twice"} & set(names)


def test_without_part_7_there_is_no_teardown(tmp_path: Path) -> None:
    read_submission(write_notebooks(tmp_path / "ada", parts=(1,))).write_to(tmp_path / "given")
    assert plan_teardown(tmp_path / "given") is None


def test_a_plan_survives_its_json(tmp_path: Path) -> None:
    plan = planned(tmp_path, {2: add_cell(OWN_THING)})
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


def test_own_files_win_over_cells_and_cells_add_what_they_lack(tmp_path: Path) -> None:
    folder = write_notebooks(tmp_path / "ada" / "notebooks", parts=(1, 2)).parent
    (folder / "terraform").mkdir()
    own = 'resource "aws_iot_thing" "house" {\n  name = "mine"\n}\n'
    (folder / "terraform" / "iot.tf").write_text(own)
    submission = read_submission(folder)
    submission.write_to(tmp_path / "given")
    prepare_workspace(tmp_path / "given", tmp_path / "workspace", submission.form)
    text = (
        replayed(tmp_path, plan_replay(tmp_path / "given")) / "terraform" / "iot.tf"
    ).read_text()
    assert text.count('resource "aws_iot_thing" "house"') == 1
    assert 'name = "mine"' in text
    assert 'resource "aws_iot_certificate" "cert"' in text
    assert 'resource "aws_iot_topic_rule"' in text


def test_doubled_cells_leave_one_block(tmp_path: Path) -> None:
    def double(cells: list[dict[str, object]]) -> None:
        cells.append(next(cell for cell in cells if cell["id"] == "part1-thing-hcl"))

    workspace = replayed(tmp_path, planned(tmp_path, {1: double}))
    assert (workspace / "terraform" / "iot.tf").read_text().count('"aws_iot_thing" "house"') == 1


@pytest.mark.parametrize(
    "magic",
    [
        "%%terraform ../outside.tf",
        "%%terraform /tmp/outside.tf",
        "%%terraform",
        "%%workspace ../../outside",
        "%%workspace .git/config",
        "%%workspace .lab/session.json",
        "%%workspace a\0b",
        f"%%workspace {'x' * 300}",
    ],
)
def test_a_cell_that_writes_elsewhere_fails_with_its_reason(tmp_path: Path, magic: str) -> None:
    plan = planned(tmp_path, {1: add_cell(f"{magic}\ntext")})
    files = FileCells(plan, tmp_path / "workspace")
    [step] = [step for step in chapter_of(plan, 1).steps if step.name == "own-cell"]
    assert "Error" in files.write(step)
    assert not list(tmp_path.glob("outside*"))


def test_files_are_put_back_and_planted_links_are_not_followed(tmp_path: Path) -> None:
    given, workspace, outside = (tmp_path / name for name in ("given", "workspace", "outside"))
    for name in ("terraform/iot.tf", "bin/a.sh", "top.txt", "deep/er/file"):
        (given / name).parent.mkdir(parents=True, exist_ok=True)
        (given / name).write_text(name)
    (given / "bin" / "a.sh").chmod(0o755)
    outside.mkdir()
    (outside / "iot.tf").write_text("untouched")
    (workspace / "bin" / "a.sh").mkdir(parents=True)
    (workspace / "terraform").symlink_to(outside)
    (workspace / "top.txt").symlink_to(outside / "iot.tf")
    (workspace / "deep").write_text("a file where a folder was")
    names = ["terraform/iot.tf", "bin/a.sh", "top.txt", "deep/er/file"]
    assert all(is_lacking(workspace, name) for name in names)
    restore(workspace, save(given, names))
    assert not any(is_lacking(workspace, name) for name in names)
    assert (outside / "iot.tf").read_text() == "untouched"
    assert os.listdir(outside) == ["iot.tf"]  # noqa: PTH208
    for name in ("terraform/iot.tf", "bin/a.sh", "top.txt", "deep/er/file"):
        assert not (workspace / name).is_symlink()
        assert (workspace / name).read_text() == name
    assert (workspace / "bin" / "a.sh").stat().st_mode & 0o777 == 0o755

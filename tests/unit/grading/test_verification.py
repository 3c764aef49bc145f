"""What a verdict is made of: events, limits of time, hidden checks, a workspace tidied up."""

from __future__ import annotations

import io
import json
import threading
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from lab_utils.checks.base import Check, CheckContext, Finding
from lab_utils.checks.catalogue import ALL_CHECKS
from lab_utils.errors import CheckError, SettingsError
from lab_utils.grading.results import SetAside, Verdict
from lab_utils.grading.schemas import validate
from lab_utils.grading.verification import plan
from lab_utils.grading.verification.aws import CellAws, Lease
from lab_utils.grading.verification.collected import (
    all_checks,
    reason_of,
    unreached,
    verdict_of,
)
from lab_utils.grading.verification.events import PhaseReport, Teller, bounded
from lab_utils.grading.verification.examination import Examination, failed
from lab_utils.grading.verification.hidden import load_sources, read_checks
from lab_utils.grading.verification.order import Order
from lab_utils.grading.verification.overwriting import settle
from lab_utils.grading.verification.timing import within
from lab_utils.mqtt import DeviceFiles

HIDDEN = """
from dataclasses import dataclass
from lab_utils.checks.base import Check, Finding

@dataclass(frozen=True)
class Wanted:
    points: int

CHECKS = (
    Check("hidden-part2-burst", 2, Wanted(4).points, "w", "h", lambda _: Finding(True, "seen")),
)
"""


def told(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def make_check(outcome: Any, check_id: str = "part2-example") -> Check:
    return Check(check_id, 2, 3, "wanted", "hint", outcome)


def test_what_was_earned_before_an_untimely_end_counts_and_the_rest_says_why() -> None:
    stream = io.StringIO()
    teller = Teller(stream)
    with teller.phase("device") as report:
        teller.check(replace(failed(ALL_CHECKS[0], ""), earned=3, status="passed"))
        report.say("one check")
    with pytest.raises(KeyboardInterrupt), teller.phase("rules"):
        raise KeyboardInterrupt
    events = told(stream)
    reason = reason_of("late", "took longer than 600 s", events)
    assert reason == "took longer than 600 s during the phase rules"
    verdict = verdict_of(events, ALL_CHECKS, reason)
    assert verdict.report.earned == 3
    assert verdict.report.points == 100
    assert len(verdict.checks) == len(ALL_CHECKS)
    last = verdict.checks[-1]
    assert (last.earned, last.status, last.seen) == (0, "failed", f"not reached: {reason}")
    assert [(one.name, one.status) for one in verdict.phases] == [
        ("device", "done"),
        ("rules", "late"),
    ]
    validate("verdict", verdict.to_json())
    assert Verdict.from_json(json.loads(json.dumps(verdict.to_json()))) == verdict


def test_what_a_student_made_is_told_without_control_characters_and_not_endlessly() -> None:
    stream = io.StringIO()
    teller = Teller(stream)
    nasty = "\x1b]0;title\x07\x1b[2Jred\u202eltr\x00"
    assert bounded("a\udcffb") == "a?b"
    teller.remark(nasty)
    teller.set_aside(SetAside(f"resource {nasty}", "a.tf", 3, "x" * 100_000))
    with teller.phase("apply") as report:
        report.fail(nasty, *["line"] * 1000)
    remark, block, _started, phase = told(stream)
    assert remark["text"] == "redltr"
    assert block["block"] == "resource redltr"
    assert len(block["why"]) < 5000
    assert phase["said"][0] == "redltr"
    assert len(phase["said"]) < 100
    assert phase["status"] == "failed"


def test_every_check_of_the_course_has_its_phase_and_its_limit() -> None:
    staged = [check for stage in plan.stages(()) for check in stage.checks]
    assert {*staged, *plan.teardown_checks(())} == set(ALL_CHECKS)
    names = [stage.name for stage in plan.stages(())]
    assert names == ["device", "rules", "tables", "lambda", "loop", "pipeline", "dashboard"]
    assert all(plan.limit_s(check, 60) >= 30 for check in ALL_CHECKS)
    known = {check.id for check in ALL_CHECKS}
    assert known >= plan.LOOP_CHECKS
    assert plan.limit_s(next(one for one in ALL_CHECKS if one.id in plan.LOOP_CHECKS), 1) > 1000


def test_hidden_checks_have_a_phase_of_their_own_and_count() -> None:
    order = Order(checks={"mine.py": HIDDEN})
    [own] = load_sources(order.checks)
    assert plan.stages((own,))[-1] == plan.Stage("hidden", (own,))
    assert [one.id for one in all_checks(order)][-1] == own.id
    verdict = unreached("the folder is empty", order)
    assert verdict.report.points == 104
    assert verdict.checks[-1].seen == "not reached: the folder is empty"
    at_the_end = replace(own, part=7)
    assert at_the_end in plan.teardown_checks((at_the_end,))
    assert len(plan.stages((at_the_end,))) == len(plan.stages(()))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("CHECKS = ()", "defines no CHECKS"),
        ("CHECKS = [1]", "defines no CHECKS"),
        ("import nowhere_to_be_found", "does not load: ModuleNotFoundError"),
        ("def (", "does not load: SyntaxError"),
        (HIDDEN.replace("hidden-part2-burst", "part2-table"), "two checks of the id part2-table"),
    ],
)
def test_hidden_checks_that_are_none_are_refused_beforehand(
    tmp_path: Path, source: str, words: str
) -> None:
    (tmp_path / "mine.py").write_text(source)
    with pytest.raises(SettingsError, match=words):
        read_checks(tmp_path)


def test_a_folder_of_hidden_checks_is_there_and_has_some(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no folder"):
        read_checks(tmp_path / "nowhere")
    with pytest.raises(SettingsError, match="no Python module"):
        read_checks(tmp_path)
    (tmp_path / "mine.py").write_text(HIDDEN)
    assert list(read_checks(tmp_path)) == ["mine.py"]


def test_an_order_comes_back_from_its_json() -> None:
    order = Order(120, 30.0, True, ("python3.7",), {"mine.py": HIDDEN})
    assert Order.from_json(json.loads(json.dumps(order.to_json()))) == order
    assert Order.from_json({"speed": None, "keep_runtimes": None}) == Order()


class Quiet:
    """An embedded AWS that is never asked."""

    def __init__(self) -> None:
        self.session = type("Session", (), {"speed": 60})()
        self.asked: list[str] = []

    def client(self, service: str) -> str:
        self.asked.append(service)
        return service


class FakeDevice:
    def __init__(self) -> None:
        self.is_connected = True

    def disconnect(self) -> None:
        self.is_connected = False


def no_device(_name: str) -> Any:
    raise AssertionError


def examination(stream: io.StringIO, **more: Any) -> Examination:
    base = CheckContext(client=no_device, outputs={}, device=no_device)
    files = DeviceFiles(Path("cert"), Path("key"))
    aws = cast("CellAws", Quiet())
    return Examination(aws, files, base, Teller(stream), lambda _s: nullcontext(), **more)


@pytest.fixture
def short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab_utils.grading.verification.examination.limit_s", lambda *_given: 0.05)


@pytest.mark.usefixtures("short_limits")
def test_a_check_that_hangs_costs_itself_and_loses_what_it_worked_with() -> None:
    stream, released, noticed = io.StringIO(), threading.Event(), threading.Event()

    def hang(context: CheckContext) -> Finding:
        released.wait(10)
        with pytest.raises(CheckError, match="time for this check is over"):
            context.client("iot")
        noticed.set()
        return Finding(True, "too late")

    good = make_check(lambda context: Finding(context.client("iot") == "iot", "good"))
    stage = plan.Stage("rules", (make_check(hang, "part2-hangs"), good))
    report = PhaseReport()
    examination(stream).run(stage, report)
    released.set()
    assert noticed.wait(10)
    late, fine = told(stream)
    assert (late["earned"], late["status"]) == (0, "failed")
    assert "did not end in 0.05 s" in late["seen"]
    assert (fine["earned"], fine["status"]) == (3, "passed")
    assert report.status == "late"


@pytest.mark.usefixtures("short_limits")
def test_checks_that_share_one_look_are_late_together() -> None:
    stream, released = io.StringIO(), threading.Event()
    checks = tuple(
        make_check(lambda _context: Finding(released.wait(10), "late"), f"part4-{number}")
        for number in range(3)
    )
    examination(stream).run(plan.Stage("loop", checks, is_one_look=True), PhaseReport())
    released.set()
    assert [one["seen"].partition(":")[0] for one in told(stream)[1:]] == ["not reached"] * 2


def test_a_check_that_breaks_costs_itself_alone() -> None:
    stream = io.StringIO()

    def break_down(_context: CheckContext) -> Finding:
        raise RecursionError("too deep")

    good = make_check(lambda _context: Finding(True, "good"))
    examination(stream).run(plan.Stage("rules", (make_check(break_down), good)), PhaseReport())
    broken, fine = told(stream)
    assert "the check itself broke: RecursionError: too deep" in broken["seen"]
    assert fine["status"] == "passed"


def test_where_nothing_was_made_only_the_files_are_judged() -> None:
    stream = io.StringIO()
    checks = tuple(
        make_check(lambda _context: Finding(True, "good"), check_id)
        for check_id in ("part2-table", "part5-tests")
    )
    looks = examination(stream, nothing_made="Terraform applied nothing: no such file")
    looks.run(plan.Stage("rules", checks), PhaseReport())
    table, tests = told(stream)
    assert table["seen"] == "not reached: Terraform applied nothing: no such file"
    assert tests["status"] == "passed"


def test_a_failed_check_is_told_of_blocks_that_were_set_aside() -> None:
    stream = io.StringIO()
    looks = examination(stream, advice="Terraform refuses 2 of the blocks.")
    checks = tuple(
        make_check(lambda _context, is_good=good: Finding(is_good, "")) for good in (1, 0)
    )
    looks.run(plan.Stage("rules", checks), PhaseReport())
    assert [one["hint"] for one in told(stream)] == ["", "hint Terraform refuses 2 of the blocks."]


def test_a_lease_that_ended_disconnects_its_devices() -> None:
    device = FakeDevice()
    aws = type("Aws", (), {"device": lambda *_given: device})()
    lease = Lease(cast("CellAws", aws), DeviceFiles(Path("cert"), Path("key")))
    assert lease.device("temp_1") is cast("Any", device)
    lease.end()
    assert not device.is_connected
    with pytest.raises(CheckError):
        lease.device("temp_1")


def test_work_in_time_gives_what_it_gives_and_raises_what_it_raises() -> None:
    assert within(10, lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        within(10, lambda: 1 // 0)
    never = threading.Event()
    with pytest.raises(TimeoutError):
        within(0.01, lambda: never.wait(10))
    never.set()


def test_a_cells_folders_are_no_readers_business() -> None:
    stream = io.StringIO()
    shown = {Path("/cell/private/handed-in"): "the submission", Path("/cell"): "the cell"}
    teller = Teller(stream, shown)
    teller.remark("no file /cell/private/handed-in/ci/x.yml in /cell/private/handed-in; see /cell")
    assert told(stream)[0]["text"] == "no file ci/x.yml in the submission; see the cell"


class RecordingIam:
    def __init__(self) -> None:
        self.put: list[dict[str, str]] = []

    def put_role_policy(self, **given: str) -> None:
        self.put.append(given)


def inline_policy(label: str, document: str, name: str = "same") -> dict[str, Any]:
    attributes = {"id": f"lambda_role:{name}", "role": "lambda_role", "name": name}
    return {
        "mode": "managed",
        "type": "aws_iam_role_policy",
        "name": label,
        "instances": [{"attributes": {**attributes, "policy": document}}],
    }


def test_of_two_policies_of_one_name_the_last_by_address_is_there_each_time() -> None:
    iam = RecordingIam()
    policies = [inline_policy("z", "last"), inline_policy("a", "first")]
    resources = [*policies, inline_policy("b", "other", "another name")]
    [remark] = settle(lambda _service: iam, {"resources": resources})
    assert remark.startswith("aws_iam_role_policy.z has the name same as well as aws_iam_role")
    wanted = {"RoleName": "lambda_role", "PolicyName": "same", "PolicyDocument": "last"}
    assert iam.put == [wanted]
    assert settle(lambda _service: iam, {"resources": resources[1:]}) == []
    assert settle(lambda _service: iam, {}) == []
    odd = [{**one, "instances": [{"attributes": ["no object"]}] * 2} for one in resources]
    assert settle(lambda _service: iam, {"resources": odd}) == []

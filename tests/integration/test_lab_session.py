"""The Lab object of the notebooks, on the Terraform files that the notebooks write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from lab_utils import Lab
from lab_utils.configuration import write_section
from lab_utils.embedded import local_control
from lab_utils.errors import CheckError, LogError, MqttError, SettingsError, TableError
from lab_utils.settings import CHECKOUT
from lab_utils.workspace import seed_workspace
from tests.notebooks.books import PATHS, code_cells, read

HOT = {"id": "hot", "temperature": 45, "sensor_id": 1, "zone_id": 1}
TOPIC = "sensor/temperature/temp_1"


class Lines(list[str]):
    """What the lab reports."""


def write_solutions(folder: Path, parts: int) -> None:
    for path in PATHS[:parts]:
        for cell in code_cells(read(path)):
            head, _, text = cell.source.partition("\n")
            if head.startswith("%%terraform"):
                write_section(folder, head.split()[1], text)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("session") / "atelier d'été"
    seed_workspace(CHECKOUT, folder)
    yield folder
    local_control().stop(Lab(workspace=folder, report=lambda _line: None).settings)


@pytest.fixture(scope="module")
def lab(workspace: Path) -> Lab:
    write_solutions(workspace / "terraform", 2)
    lab = Lab(target="local", workspace=workspace, speed=60, report=lambda _line: None)
    lab.apply()
    return lab


def test_before_an_apply_each_step_says_what_comes_first(tmp_path: Path) -> None:
    seed_workspace(CHECKOUT, tmp_path / "new")
    lab = Lab(target="local", workspace=tmp_path / "new", report=lambda _line: None)
    try:
        assert lab.outputs == {}
        with pytest.raises(MqttError, match=r"lab\.apply\(\)"):
            lab.publish(TOPIC, HOT)
        with pytest.raises(TableError, match="tables of this account and region: none"):
            lab.table("Temperature")
        with pytest.raises(CheckError, match="Wanted:"):
            lab.check("part1-certificate")
    finally:
        local_control().stop(lab.settings)


def test_a_published_reading_reaches_a_subscriber_and_the_table(lab: Lab) -> None:
    with lab.subscribe("sensor/temperature/+") as inbox:
        lab.publish(TOPIC, HOT)
        assert inbox.wait(1)[0].json() == HOT
    table = lab.table("Temperature", until=lambda rows: "hot" in set(rows["id"]))
    assert table[table["id"] == "hot"].iloc[0].to_dict() == HOT


def test_two_inboxes_do_not_cut_each_other_off(lab: Lab) -> None:
    with lab.subscribe(TOPIC) as first, lab.subscribe(TOPIC) as second:
        lab.publish(TOPIC, {"id": "both", "temperature": 20})
        assert first.wait(1)[0].json() == second.wait(1)[0].json()


def test_every_check_passes_on_the_solutions_and_stores_nothing_for_good(lab: Lab) -> None:
    before = len(lab.table("Temperature"))
    for report in (lab.checks(1), lab.checks(2)):
        assert [one.id for one in report.checks if one.status != "passed"] == []
        assert (report.earned, report.points) == (15, 15)
    assert len(lab.table("Temperature")) == before


def test_the_older_endpoint_type_does_not_pass_for_the_one_asked_for(
    workspace: Path, lab: Lab
) -> None:
    path = workspace / "terraform" / "iot.tf"
    text = path.read_text()
    path.write_text(text.replace("iot:Data-ATS", "iot:Data"))
    lab.apply()
    with pytest.raises(CheckError, match="iot:Data"):
        lab.check("part1-endpoint")
    path.write_text(text)
    lab.apply()
    lab.check("part1-endpoint")


def test_a_plan_after_the_apply_shows_no_changes(workspace: Path, lab: Lab) -> None:
    lines = Lines()
    Lab(workspace=workspace, report=lines.append).plan()
    assert lines[-1] == "No changes: the resources are as the files say."
    assert lab.outputs == {"iot_endpoint": "localhost"}


def test_the_device_files_are_private(lab: Lab) -> None:
    files = lab.device_files
    for path in (files.certificate, files.private_key):
        assert path.stat().st_mode & 0o077 == 0


def test_the_certificate_id_is_that_of_the_device_and_of_no_other(lab: Lab) -> None:
    iot = lab.client("iot")
    other = iot.create_keys_and_certificate(setAsActive=True)["certificateId"]
    attached = iot.list_thing_principals(thingName="house")["principals"]
    assert lab.certificate_id != other
    assert [arn.rsplit("/", 1)[-1] for arn in attached] == [lab.certificate_id]
    iot.update_certificate(certificateId=other, newStatus="INACTIVE")
    iot.delete_certificate(certificateId=other)


def test_a_workspace_without_terraform_files_gets_the_given_ones(tmp_path: Path) -> None:
    lines = Lines()
    lab = Lab(target="local", workspace=tmp_path / "empty", report=lines.append)
    local_control().stop(lab.settings)
    given = {path.name for path in (CHECKOUT / "terraform").glob("*.tf")}
    assert {path.name for path in lab.settings.terraform_dir.glob("*.tf")} == given
    assert "copied" in lines[0]


def test_only_log_entries_since_a_moment_count(lab: Lab) -> None:
    lab.publish(TOPIC, {"temperature": 50})
    lab.wait_for_log("AWSIotLogsV2", '"RuleExecution"')
    with pytest.raises(LogError, match="no such entry"):
        lab.wait_for_log("AWSIotLogsV2", '"RuleExecution"', since=lab.now(), timeout_s=0.2)


def test_a_column_that_is_not_there_yet_is_waited_for_and_named(lab: Lab) -> None:
    with pytest.raises(TableError, match="no column 'humidity'"):
        lab.table("Temperature", until=lambda rows: rows["humidity"].max() > 1, timeout_s=0.1)


def test_what_a_failed_rule_action_said_is_found_in_the_log(lab: Lab) -> None:
    lab.publish(TOPIC, {"temperature": 50})
    entry = lab.wait_for_log("AWSIotLogsV2", '"RuleExecution"')
    assert entry["status"] == "Failure"
    assert "Missing the key id" in entry["details"]


def test_waiting_for_what_never_comes_ends_with_a_way_on(lab: Lab) -> None:
    with pytest.raises(TableError, match="AWSIotLogsV2"):
        lab.table("Temperature", at_least=10_000, timeout_s=0.1)
    with pytest.raises(LogError, match="log group"):
        lab.wait_for_log("no-such-group", "x", timeout_s=0.1)


def test_a_lab_whose_embedded_aws_was_killed_starts_it_again_with_its_data(
    workspace: Path,
) -> None:
    lines = Lines()
    lab = Lab(workspace=workspace, report=lines.append)
    lab.client("iot").create_thing(thingName="survivor")
    status = json.loads((workspace / ".lab" / "session.json").read_text())
    process = psutil.Process(status["pid"])
    process.kill()
    process.wait(10)
    names = [one["thingName"] for one in lab.client("iot").list_things()["things"]]
    assert "survivor" in names
    assert "started again" in lines[-1]
    lab.client("iot").delete_thing(thingName="survivor")


def test_one_workspace_does_not_mix_two_targets(workspace: Path, lab: Lab) -> None:
    mark = workspace / ".lab" / "terraform-target"
    assert mark.read_text() == "local"
    mark.write_text("aws")
    with pytest.raises(SettingsError, match="resources of the target 'aws'"):
        lab.apply()
    mark.write_text("local")


def test_destroy_leaves_nothing_behind(lab: Lab) -> None:
    lab.destroy()
    assert lab.client("iot").list_things()["things"] == []
    assert lab.client("iot").list_certificates()["certificates"] == []
    assert lab.client("iot").list_topic_rules()["rules"] == []
    assert lab.client("dynamodb").list_tables()["TableNames"] == []
    assert lab.client("iam").list_roles()["Roles"] == []
    assert not lab.device_files.private_key.exists()

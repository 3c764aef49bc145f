"""The house against the embedded AWS: what arrives, outages, refusals, from a terminal too."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lab_utils import House, Lab
from lab_utils.embedded import local_control
from lab_utils.errors import MqttError, SettingsError
from lab_utils.local_aws.session_file import Session
from lab_utils.mqtt import Device, DeviceFiles
from lab_utils.settings import CHECKOUT
from lab_utils.workspace import seed_workspace
from tests.integration.conftest import AwsClient
from tests.integration.test_lab_session import write_solutions
from tests.integration.things import DeviceFolder, wait_until

TABLE = '"iot"."temperaturesensor"'
ON = b'{"state": {"enabled": true}}'
SIMULATION = CHECKOUT / "tests" / "data" / "practical_simulation.txt"


class Said(list[str]):
    """What the house has said; acts once when a line begins as was waited for."""

    def __init__(self) -> None:
        self.acts: dict[str, Callable[[], None]] = {}

    def __call__(self, line: str) -> None:
        self.append(line)
        for begin in [one for one in self.acts if line.startswith(one)]:
            self.acts.pop(begin)()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    workspace = tmp_path_factory.mktemp("house") / "maison d'été"
    seed_workspace(CHECKOUT, workspace)
    write_solutions(workspace / "terraform", 3)
    lab = Lab(target="local", workspace=workspace, speed=60, report=lambda _line: None)
    lab.apply()
    yield lab
    local_control().stop(lab.settings)


@pytest.fixture
def said() -> Said:
    return Said()


def certificate_arn(lab: Lab) -> str:
    found = lab.client("iot").describe_certificate(certificateId=lab.certificate_id)
    return str(found["certificateDescription"]["certificateArn"])


def stored(lab: Lab) -> set[tuple[int, float]]:
    """Return sensor and temperature of all that is in Timestream."""
    sql = f"SELECT sensor_id, temperature FROM {TABLE} WHERE measure_name = 'zone_id'"
    rows = lab.query(sql)
    return set(zip(rows.sensor_id.astype(int), rows.temperature.astype(float), strict=True))


def test_what_a_run_returns_is_what_has_arrived_and_commands_switch_it(
    lab: Lab, said: Said
) -> None:
    house, iot = House(lab, seed=3, report=said), lab.client("iot-data")
    begin = lab.now()
    said.acts["minute 1.0"] = lambda: iot.publish(topic="AC/AC-2", qos=1, payload=ON)
    said.acts["ZONE 2"] = lambda: iot.publish(topic="AC/AC-2", qos=1, payload=b"off, please")
    sent, switches = house.run(minutes=2)
    end = lab.now()
    assert len(sent) == 96
    assert set(sent.status) == {"sent"}
    assert sent.time.is_monotonic_increasing
    assert begin - timedelta(seconds=1) <= sent.time.min()
    assert sent.time.max() <= end
    assert [(one.zone_id, one.is_on) for one in switches] == [(2, True)]
    assert begin < switches[0].time < end
    assert house.is_on == {1: False, 2: True}
    assert "ZONE 2 : AC SWITCH TO True" in said
    assert [one for one in said if "off, please" in one]
    assert said[-1].startswith("2 lab minutes in ")
    assert "96 of 96 readings arrived, 0 were lost; 1 switch of" in said[-1]
    wanted = {(row.sensor_id, row.temperature) for row in sent.itertuples()}
    wait_until(lambda: wanted <= stored(lab), "every reading is in Timestream")
    hot = sent[sent.is_artefact]
    assert (hot.temperature > 40).all()
    items = lab.table("Temperature", at_least=len(hot))
    assert set(hot.temperature) <= set(items.temperature)
    assert len(items) == len(hot)
    again, _ = house.run(minutes=0.1)
    assert again.time.min() > sent.time.max()
    last, first = sent[sent.sensor_id == 3].iloc[-1], again[again.sensor_id == 3].iloc[0]
    assert first.is_artefact or last.is_artefact or first.temperature < last.temperature


def test_when_the_embedded_aws_is_killed_the_house_waits_and_follows_it_to_another_port(
    lab: Lab, said: Said
) -> None:
    house = House(lab, seed=11, report=said)
    killed: list[Any] = []

    def kill() -> None:
        killed.append(lab.now())
        os.kill(local_control().find(lab.settings).pid, signal.SIGKILL)

    def start_elsewhere() -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        threading.Thread(
            target=local_control().start, args=(lab.settings,), kwargs={"mqtt_port": port}
        ).start()

    said.acts["minute 3.0"] = kill
    said.acts["the broker does not answer"] = start_elsewhere
    sent, _ = house.run(minutes=4)
    assert len(sent) == 4 * 48
    assert set(sent.status) <= {"sent", "late"}
    story = [line for line in said if "broker" in line]
    assert len(story) == 2
    assert "the house waits for it" in story[0]
    assert "the broker answers again" in story[1]
    safe = sent[(sent.status == "sent") & (sent.time <= killed[0] - timedelta(seconds=2 * 60))]
    assert len(safe) >= 40
    late = sent[sent.time > sent.time.iloc[-24]]
    wanted = {(row.sensor_id, row.temperature) for row in (*safe.itertuples(), *late.itertuples())}
    wait_until(lambda: wanted <= stored(lab), "what was acknowledged is in Timestream")


def test_an_interrupt_ends_a_run_with_what_was_done(lab: Lab, said: Said) -> None:
    said.acts["minute 1.0"] = lambda: os.kill(os.getpid(), signal.SIGINT)
    sent, switches = House(lab, report=said).run(minutes=30)
    assert 48 <= len(sent) < 200
    assert set(sent.status) == {"sent"}
    assert switches == []
    assert said[-1].startswith("stopped: ")
    with lab.device("temp_1") as device:
        assert device.is_connected


def test_another_client_with_an_id_of_the_house_ends_the_run_and_says_so(
    lab: Lab, said: Said
) -> None:
    other = lab.device("temp_2")
    said.acts["minute 1.0"] = other.connect
    try:
        with pytest.raises(MqttError, match="'temp_2'") as raised:
            House(lab, report=said).run(minutes=30)
    finally:
        other.disconnect()
    assert "the other house" in raised.value.next_step
    assert "readings arrived" in said[-1]


@pytest.mark.parametrize(
    ("action", "resource"),
    [("iot:Publish", "topic/sensor/temperature/temp_3"), ("iot:Subscribe", "topicfilter/AC/AC-2"),
     ("iot:Connect", "client/temp_4")],
)  # fmt: skip
def test_what_a_policy_denies_one_device_ends_the_run(
    lab: Lab, said: Said, action: str, resource: str
) -> None:
    iot, arn = lab.client("iot"), certificate_arn(lab)
    denied = {"Effect": "Deny", "Action": action, "Resource": f"arn:aws:iot:*:*:{resource}"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [denied]})
    iot.create_policy(policyName="deny_one", policyDocument=document)
    iot.attach_policy(policyName="deny_one", target=arn)
    try:
        with pytest.raises(MqttError, match="135") as raised:
            House(lab, report=said).run(minutes=30)
    finally:
        iot.detach_policy(policyName="deny_one", target=arn)
        iot.delete_policy(policyName="deny_one")
    assert resource.split("/")[-1] in str(raised.value)


def test_a_certificate_that_is_switched_off_ends_the_run(lab: Lab, said: Said) -> None:
    iot, certificate = lab.client("iot"), lab.certificate_id
    said.acts["minute 1.0"] = lambda: iot.update_certificate(
        certificateId=certificate, newStatus="INACTIVE"
    )
    try:
        with pytest.raises(MqttError, match="the certificate is not active"):
            House(lab, report=said).run(minutes=30)
    finally:
        iot.update_certificate(certificateId=certificate, newStatus="ACTIVE")


def test_the_devices_files_may_lie_beside_terraform_as_in_the_practicals_repository(
    lab: Lab, said: Said
) -> None:
    folder, other = lab.settings.terraform_dir / "files", lab.settings.workspace / "files"
    other.mkdir()
    names = ("test.cert.pem", "test.private.key")
    for name in names:
        (folder / name).rename(other / name)
    try:
        assert len(House(lab, report=said).run(minutes=0.2).sent) == 12
    finally:
        for name in names:
            (other / name).rename(folder / name)


@pytest.mark.parametrize("minutes", [0, -1, float("nan"), "30", None, True])
def test_minutes_that_are_none_are_refused_before_anything_connects(lab: Lab, minutes: Any) -> None:
    with pytest.raises(SettingsError, match="positive number"):
        House(lab, report=lambda _line: None).run(minutes=minutes)


@pytest.mark.parametrize("start_c", [-3, 0, 39, "warm", float("nan"), True])
def test_a_house_that_begins_at_no_temperature_is_refused(lab: Lab, start_c: Any) -> None:
    with pytest.raises(SettingsError, match="start_c"):
        House(lab, start_c=start_c)


def simulate(lab: Lab, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "lab_utils.cli", "--workspace", str(lab.settings.workspace)]
    return subprocess.Popen(
        [*command, "simulate", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_in_a_terminal_the_house_runs_until_ctrl_c_and_prints_its_switches(lab: Lab) -> None:
    running = simulate(lab)
    assert running.stdout is not None
    lines = iter(running.stdout.readline, "")
    assert any(line.startswith("minute 0.1") for line in lines)
    lab.client("iot-data").publish(topic="AC/AC-1", qos=1, payload=ON)
    assert any(line == "ZONE 1 : AC SWITCH TO True\n" for line in lines)
    running.send_signal(signal.SIGINT)
    out, heard = running.communicate(timeout=60)
    assert running.returncode == 0, heard
    assert "stopped: " in out
    assert "Traceback" not in heard


def test_an_interrupted_run_answers_in_json_and_its_status_says_that_it_was_early(
    lab: Lab,
) -> None:
    running = simulate(lab, "--minutes", "60", "--zones", "3", "--rooms", "1", "--json")
    assert running.stderr is not None
    assert any(line.startswith("minute 1.0") for line in iter(running.stderr.readline, ""))
    running.send_signal(signal.SIGTERM)
    out, heard = running.communicate(timeout=60)
    assert running.returncode == 130, heard
    answer = json.loads(out)
    assert answer["readings"]["sent"] >= 36
    assert (answer["readings"]["late"], answer["readings"]["lost"]) == (0, 0)
    assert (answer["rooms"], answer["switches"]) == (3, [])
    assert 1 <= answer["minutes"] < 60


def write_simulation(folder: Path, host: str, port: int) -> Path:
    """Return the practical's script with the endpoint in it, as the practical tells."""
    text = SIMULATION.read_text(encoding="utf-8")
    text = text.replace("xxxxxxxxxxxxx-ats.iot.eu-west-1.amazonaws.com", host)
    if port != 8883:  # Another embedded AWS of this machine has it.
        text = text.replace("PORT = 8883", f"PORT = {port}")
    folder.mkdir()
    script = folder / "simulation.py"
    script.write_text(text, encoding="utf-8")
    return script


def run_simulation(script: Path, folder: Path, has_arrived: Callable[[], bool], aws: Any) -> None:
    """Run a simulation until its readings are there and a command has reached it."""
    running = subprocess.Popen(
        [sys.executable, str(script)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until(has_arrived, "four readings are there", 20)
        aws.publish(topic="AC/AC-1", qos=1, payload=ON)
        assert running.stdout is not None
        assert running.stdout.readline() == "ZONE 1 : AC SWITCH TO True\n"
    finally:
        running.kill()
        _, heard = running.communicate(timeout=10)
    assert heard == ""


def test_the_practicals_own_simulation_runs_unchanged(lab: Lab) -> None:
    count = f"SELECT count(*) AS n FROM {TABLE} WHERE measure_name = 'zone_id'"
    before = int(lab.query(count).n[0])
    port = local_control().find(lab.settings).mqtt_port
    script = write_simulation(lab.settings.workspace / "src", lab.outputs["iot_endpoint"], port)
    run_simulation(
        script,
        lab.settings.terraform_dir,
        lambda: int(lab.query(count).n[0]) >= before + 4,
        lab.client("iot-data"),
    )


def test_the_practicals_own_simulation_runs_in_real_time(
    aws_session: Session, aws_client: AwsClient, make_device: Callable[[], DeviceFolder]
) -> None:
    assert aws_session.speed == 1
    host, port, made = aws_session.mqtt_host, aws_session.mqtt_port, make_device()
    folder = made.certificate.parent
    (folder / "files").mkdir()
    made.certificate.rename(folder / "files" / "test.cert.pem")
    made.private_key.rename(folder / "files" / "test.private.key")
    shutil.copy(aws_session.ca_file, folder / "files" / "root-CA.crt")
    files = DeviceFiles(
        folder / "files" / "test.cert.pem",
        folder / "files" / "test.private.key",
        folder / "files" / "root-CA.crt",
    )
    script = write_simulation(folder / "src", host, port)
    with Device(host, port, files, "ear") as ear, ear.subscribe("sensor/temperature/+") as inbox:
        run_simulation(script, folder, lambda: len(inbox) >= 4, aws_client("iot-data"))
        assert {one.json()["sensor_id"] for one in inbox} >= {1, 2, 3, 4}

"""The lab of a notebook: one object that starts the target and hands out what talks to it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab_utils.checks.base import CheckContext, Report, Result
from lab_utils.checks.catalogue import check_named, run_part
from lab_utils.dashboard_lab import DashboardLab
from lab_utils.environment import clean_environment
from lab_utils.errors import CheckError, MqttError, SettingsError
from lab_utils.function_lab import FunctionLab
from lab_utils.lab_time import Timeline
from lab_utils.launching import Enclose, as_it_is
from lab_utils.logs import wait_for_entry
from lab_utils.mqtt import Device, DeviceFiles, Inbox
from lab_utils.mqtt_errors import certificate_id, check_topic, encode_payload, read_file
from lab_utils.mutants_lab import MutantsLab
from lab_utils.pipeline_lab import PipelineLab
from lab_utils.queries import wait_for_query
from lab_utils.quicksight_lab import QuickSightLab
from lab_utils.settings import Settings, read_settings
from lab_utils.statement_lab import StatementLab
from lab_utils.tables import wait_for_table
from lab_utils.targets import AwsTarget, LocalTarget, Target
from lab_utils.teardown_lab import TeardownLab
from lab_utils.terraform import Terraform
from lab_utils.trace import trace_from_log, trace_table
from lab_utils.workspace import ENDPOINT_OUTPUT, require_given_files

if TYPE_CHECKING:
    import pandas as pd

TEST_CLIENT_ID = "mqtt-test-client"
WAIT_S = 10.0


class Lab(
    DashboardLab, FunctionLab, MutantsLab, PipelineLab, QuickSightLab, StatementLab, TeardownLab
):
    """The practical's lab: applies Terraform, speaks MQTT as a device, reads tables, checks.

    Making one starts the embedded AWS of the workspace, or finds it running; on ``aws`` it makes
    sure of credentials and region before anything is created.

    Args:
        target: ``local`` or ``aws``; see `read_settings` for this and the others.
        workspace: The folder to work in.
        region: AWS region.
        speed: The lab clock's factor; a running embedded AWS keeps its own when none is given.
        report: Takes each line for the reader; prints it by default.
        enclose: How programs that run the workspace's code are started.

    Raises:
        SettingsError: A setting that cannot be.
        TargetError: The embedded AWS does not start, or the account cannot be used.
    """

    def __init__(
        self,
        target: str | None = None,
        workspace: str | Path | None = None,
        region: str | None = None,
        speed: int | None = None,
        report: Callable[[str], None] = print,
        enclose: Enclose = as_it_is,
    ) -> None:
        self.settings: Settings = read_settings(
            target=target, workspace=workspace, region=region, speed=speed
        )
        self._report = report
        self._enclose = enclose
        self._check_memory: dict[str, Any] = {}
        # The account first: nothing is made anywhere before it is known. The embedded AWS last:
        # it puts its authority beside the given files.
        account = None if self.settings.is_local else AwsTarget(self.settings, report)
        if given := require_given_files(self.settings):
            report(f"The given files were copied to {self.settings.workspace}: {', '.join(given)}")
        self._target: Target = account or LocalTarget(self.settings, speed, report)

    def client(self, service: str) -> Any:
        """Return the boto3 client of a service, such as ``dynamodb``, for the lab's target."""
        return self._target.client(service)

    @property
    def speed(self) -> int:
        """How many times faster than the wall clock the lab's time runs; 1 on real AWS."""
        return self.timeline().speed

    def now(self) -> datetime:
        """Return the lab's time in UTC: that of schedules, queries and logs."""
        return self.timeline().now()

    def timeline(self) -> Timeline:
        """Return the lab's time as one reading that goes on, for whoever needs it often."""
        return self._target.timeline()

    @property
    def terraform(self) -> Terraform:
        """Terraform in the workspace's ``terraform/``, speaking to the lab's target."""
        return Terraform(
            self.settings.terraform_dir, self.environment(), self._report, self._enclose
        )

    def environment(self) -> dict[str, str]:
        """Return the environment in which a program sees the lab's target and nothing else."""
        return clean_environment(self.settings, self._target.variables())

    def plan(self) -> None:
        """Print what ``apply`` would change.

        Raises:
            TerraformError: With Terraform's own diagnostics.
        """
        self.terraform.plan()

    def apply(self) -> None:
        """Make the resources as the Terraform files say; print each step, outputs and time.

        Raises:
            TerraformError: With Terraform's own diagnostics, file and line.
        """
        self._guarded().apply()

    @property
    def outputs(self) -> dict[str, Any]:
        """Terraform's outputs by name; empty before the first apply."""
        return self.terraform.outputs()

    @property
    def device_files(self) -> DeviceFiles:
        """The three files that ``output.tf`` writes for a device.

        They are looked for in ``terraform/files``, then in the workspace's ``files``. On real AWS
        the certificate authority is the system's own store, which holds Amazon's.
        """
        folder, other = self.settings.terraform_dir / "files", self.settings.workspace / "files"
        if not (folder / "test.cert.pem").exists() and (other / "test.cert.pem").exists():
            folder = other
        certificate, key = folder / "test.cert.pem", folder / "test.private.key"
        return DeviceFiles(certificate, key, self._target.authority())

    @property
    def certificate_id(self) -> str:
        """AWS's id of the device's certificate, as the file tells it.

        Raises:
            MqttError: There is no certificate file yet.
        """
        path = self.device_files.certificate
        return certificate_id(read_file("tell the certificate's id", path, "certificate"))

    def device(self, client_id: str = TEST_CLIENT_ID) -> Device:
        """Return a device that connects to the endpoint Terraform found, under a client id.

        Raises:
            MqttError: There is no endpoint yet.
        """
        host = self.outputs.get(ENDPOINT_OUTPUT)
        if not host:
            raise MqttError(
                "connect a device",
                f"Terraform has no output {ENDPOINT_OUTPUT!r} yet, so the endpoint is not known.",
                "declare the data source aws_iot_endpoint and run lab.apply() first.",
            )
        return Device(str(host), self._target.mqtt_port(), self.device_files, client_id)

    def publish(self, topic: str, message: object, *, qos: int = 1) -> None:
        """Publish a message over MQTT, as the console's MQTT test client does.

        Args:
            topic: A topic without wildcards.
            message: A dict or list, sent as JSON; or str or bytes, sent as they are.
            qos: 0 or 1.

        Raises:
            MqttError: No endpoint or certificate yet, a refused connection, a denied publish, a
                payload over 128 KiB, or no answer in time.
        """
        with self.device() as device:
            device.publish(topic, message, qos=qos)
        self._report(f"published to {topic}")

    def subscribe(self, topic_filter: str) -> Inbox:
        """Return an inbox that collects the messages of a topic filter until it is closed.

        Use it as a context manager: ``with lab.subscribe("AC/+") as inbox: ...``.

        Raises:
            MqttError: As for `publish`, or a denied subscription.
        """
        # Each inbox has a connection of its own: a client id that connects twice is cut off.
        device = self.device(f"{TEST_CLIENT_ID}-{secrets.token_hex(4)}")
        device.connect()
        return device.subscribe(topic_filter, owns_connection=True)

    def table(
        self,
        name: str,
        *,
        at_least: int = 0,
        until: Callable[[pd.DataFrame], bool] | None = None,
        timeout_s: float = WAIT_S,
    ) -> pd.DataFrame:
        """Return a DynamoDB table as a typed DataFrame, the keys first; see `read_table`.

        Rules work after the broker has acknowledged a message, so a reader that wants to see
        their effect says what it waits for.

        Args:
            name: The table's name.
            at_least: Wait until there are so many rows.
            until: Wait until this holds for the table; a column that is not there yet is no
                error but a reason to wait.
            timeout_s: How long to wait, in seconds of the wall clock.

        Raises:
            TableError: There is no such table, or what was waited for did not come.
        """
        return wait_for_table(self.client("dynamodb"), name, at_least, until, timeout_s)

    def query(
        self,
        sql: str,
        *,
        at_least: int = 0,
        until: Callable[[pd.DataFrame], bool] | None = None,
        timeout_s: float = WAIT_S,
    ) -> pd.DataFrame:
        """Return the result of a Timestream query as a typed DataFrame; see `run_query`.

        Args:
            sql: One statement.
            at_least: Run it until there are so many rows.
            until: Run it until this holds for the result. While something is waited for, a
                column that is not there yet is no error.
            timeout_s: How long to wait, in seconds of the wall clock.

        Raises:
            QueryError: AWS refuses the query, or what was waited for did not come.
        """
        return wait_for_query(self.client("timestream-query"), sql, at_least, until, timeout_s)

    def wait_for_log(
        self,
        group: str,
        pattern: str,
        *,
        since: datetime | None = None,
        timeout_s: float = WAIT_S,
    ) -> Any:
        """Return the newest entry of a log group that matches, once there is one, read as JSON.

        Args:
            group: The log group, such as ``AWSIotLogsV2``.
            pattern: A CloudWatch Logs filter pattern.
            since: Only entries from then on count; a time with a zone.
            timeout_s: How long to wait, in seconds of the wall clock.

        Raises:
            LogError: No entry came, or there is no such group.
        """
        return wait_for_entry(self.client("logs"), group, pattern, since, timeout_s)

    def trace(self, topic: str, message: object, *, timeout_s: float = WAIT_S) -> pd.DataFrame:
        """Publish a message, and return what every topic rule made of it: why none fired.

        On the local target the rules engine itself tells it while the message goes through. On
        real AWS the message goes out over MQTT and the log of AWS IoT is read, which has to be at
        the level INFO or DEBUG; what AWS does not log says so.

        Args:
            topic: A topic without wildcards.
            message: A dict or list, sent as JSON; or str or bytes, sent as they are.
            timeout_s: How long to wait for log entries, in seconds of the wall clock.

        Returns:
            A row a rule, the index its name: ``FROM``, ``WHERE``, ``message``, ``role``,
            ``actions``, all ``string``; see `trace_table`.

        Raises:
            MqttError: The message cannot be published.
            LogError: On real AWS, the log says too little.
        """
        attempted = f"trace a message on {topic!r}"
        check_topic(attempted, topic)
        payload = encode_payload(attempted, message)
        rows = self._target.trace(topic, payload, TEST_CLIENT_ID)
        if rows is not None:
            return trace_table(rows)
        since, client_id = datetime.now(UTC), f"{TEST_CLIENT_ID}-{secrets.token_hex(4)}"
        with self.device(client_id) as device:
            device.publish(topic, payload)
        clients = self.client("iot"), self.client("logs")
        return trace_from_log(*clients, topic, client_id, since, timeout_s)

    def check(self, check_id: str) -> None:
        """Run one check and print its one line; the notebooks' locked cells call this.

        Raises:
            CheckError: It did not find what the exercise asks for; with seen, wanted and a hint.
        """
        result = check_named(check_id, self._check_context())
        if result.status != "passed":
            raise _check_error(result)
        print(f"{result.id}: passed, {result.earned} of {result.points} points")
        if result.hint:
            self._report(f"  remark: {result.hint}")

    def checks(self, part: int | None = None) -> Report:
        """Return the results of all checks, or of one part's."""
        return run_part(self._check_context(), part)

    def _check_context(self) -> CheckContext:
        return CheckContext(
            client=self.client,
            outputs=self.outputs,
            device=self.device,
            files=self.device_files,
            state=self.terraform.state,
            timeline=self.timeline,
            report=self._report,
            memory=self._check_memory,
            workspace=self.settings.workspace,
            pipeline=lambda: self.pipeline,
            enclose=self._enclose,
        )

    def _guarded(self) -> Terraform:
        """Return Terraform, sure that the state is of this target.

        One state file cannot hold both: Terraform would take the other target's resources for
        lost and make them anew, or leave them running and paid for.
        """
        terraform = self.terraform
        mark = self.settings.state_dir / "terraform-target"
        earlier = mark.read_text(encoding="utf-8").strip() if mark.exists() else ""
        if earlier and earlier != self.settings.target and terraform.resource_addresses():
            raise SettingsError(
                f"change resources on the target {self.settings.target!r}",
                f"This workspace's Terraform state holds resources of the target {earlier!r}.",
                f"destroy them first (LAB_TARGET={earlier} lab destroy), or choose "
                "another workspace with LAB_WORKSPACE.",
            )
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(self.settings.target, encoding="utf-8")
        return terraform


def _check_error(result: Result) -> CheckError:
    lost = f"{result.earned} of {result.points} points"
    return CheckError(
        f"pass the check {result.id} ({lost})",
        f"Seen:   {result.seen}\nWanted: {result.wanted}",
        result.hint,
    )

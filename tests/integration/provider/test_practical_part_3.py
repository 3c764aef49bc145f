"""Part 3 of the practical, as a student adds it to parts 1 and 2."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab_utils.local_aws.session_file import Session
from lab_utils.mqtt import Device, DeviceFiles
from lab_utils.waiting import wait_for
from tests.integration.provider.practical import (
    DATABASE,
    PART_1,
    ROLE,
    RULE,
    TABLE,
    TIMESTREAM_RULE,
    WRITE_RECORDS,
    copy_given_files,
    inventory,
)
from tests.integration.provider.workspace import TerraformWorkspace

QUERY = (
    'SELECT * FROM "iot"."temperaturesensor" WHERE time between ago(15m) and now() '
    "ORDER BY time DESC"
)
READING = {
    "id": "f72e6a3a-7be2-4791-83a7-917ad9abf414",
    "temperature": 20,
    "sensor_id": 1,
    "zone_id": 1,
}


def test_part_3_is_applied_works_changes_nothing_and_leaves_nothing(
    terraform_workspace: Callable[..., TerraformWorkspace],
    aws_client: Callable[..., Any],
    aws_session: Session,
) -> None:
    before = inventory(aws_client)
    workspace = terraform_workspace("")
    copy_given_files(workspace.folder)
    workspace.write(PART_1 + RULE, "iot.tf")
    workspace.write(TABLE, "dynamo.tf")
    workspace.write(ROLE, "iam.tf")
    workspace.init()
    workspace.apply()
    workspace.write(PART_1 + RULE + TIMESTREAM_RULE, "iot.tf")
    workspace.write(DATABASE, "timestream.tf")
    workspace.write(ROLE + WRITE_RECORDS, "iam.tf")
    workspace.apply()
    assert workspace.plan() == {}
    _publish(workspace.folder / "files", aws_session)
    _assert_reading_is_stored(aws_client("timestream-query"))
    workspace.destroy()
    assert workspace.addresses() == []
    assert inventory(aws_client) == before


def _publish(folder: Path, session: Session) -> None:
    files = DeviceFiles(
        folder / "test.cert.pem", folder / "test.private.key", Path(session.ca_file)
    )
    with Device(session.mqtt_host, session.mqtt_port, files, "practical_sensor") as device:
        device.publish("sensor/temperature/temp_1", json.dumps(READING))


def _assert_reading_is_stored(client: Any) -> None:
    """Assert that each attribute is a record, and that dimensions are text."""

    def stored() -> list[dict[str, Any]] | None:
        answer = client.query(QueryString=QUERY)
        names = [column["Name"] for column in answer["ColumnInfo"]]
        rows = [
            dict(zip(names, (cell.get("ScalarValue") for cell in row["Data"]), strict=True))
            for row in answer["Rows"]
        ]
        return rows if len(rows) == len(READING) else None

    rows = wait_for(stored, timeout_s=10)
    assert rows is not None
    values = {
        row["measure_name"]: row["measure_value::bigint"] or row["measure_value::varchar"]
        for row in rows
    }
    assert values == {name: str(value) for name, value in READING.items()}
    dimensions = {(row["sensor_id"], row["temperature"], row["zone_id"]) for row in rows}
    assert dimensions == {("1", "20", "1")}

"""What the workbook makes in QuickSight: how each thing is made, brought up to date, deleted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lab_utils.quicksight.api import Api
from lab_utils.quicksight.data_set import data_set_tables
from lab_utils.quicksight.definition import dashboard_definition
from lab_utils.quicksight.errors import QuickSightError
from lab_utils.quicksight.names import (
    ANALYSIS_ID,
    DASHBOARD_ID,
    DATA_SET_ID,
    DATA_SOURCE_ID,
    NAMES,
    TAGS,
    owned_by,
)

_TYPE = "TIMESTREAM"
_BY_HAND = (
    "make the data source by hand: in QuickSight, Datasets > New dataset > Timestream, any name; "
    "then create(..., data_source_arn=...) with its ARN, which `aws quicksight list-data-sources "
    "--aws-account-id ACCOUNT` tells."
)


@dataclass(frozen=True)
class Part:
    """One thing of the workbook in QuickSight.

    Attributes:
        kind: ``data source``, ``data set``, ``dashboard`` or ``analysis``.
        id: Its id.
        status: As QuickSight spells it, or ``missing``.
    """

    kind: str
    id: str
    status: str

    @property
    def is_there(self) -> bool:
        """Whether QuickSight has it, in whatever state."""
        return self.status != "missing"


def make_data_source(api: Api, user_arn: str) -> str:
    """Return the ARN of the data source, made if it is not there, made anew if it had failed."""
    attempted = "make QuickSight's data source on Timestream"
    found = api.find(attempted, "describe_data_source", DataSourceId=DATA_SOURCE_ID)
    if found and found["DataSource"]["Status"].endswith("_FAILED"):
        api.call(attempted, "delete_data_source", DataSourceId=DATA_SOURCE_ID)
        found = None
    arn = found["DataSource"]["Arn"] if found else _create_data_source(api, attempted, user_arn)
    api.wait(attempted, lambda: _data_source_status(api, attempted))
    return str(arn)


def _create_data_source(api: Api, attempted: str, user_arn: str) -> str:
    # Timestream is the one type of AWS that has no member of DataSourceParameters: the account
    # and the region are all that it needs.
    try:
        made = api.call(
            attempted,
            "create_data_source",
            DataSourceId=DATA_SOURCE_ID,
            Name=NAMES[DATA_SOURCE_ID],
            Type=_TYPE,
            Permissions=owned_by(user_arn, "DataSource"),
            Tags=TAGS,
        )
    except QuickSightError as error:
        if error.happened.startswith("InvalidParameterValueException"):
            raise QuickSightError(attempted, error.happened, _BY_HAND) from error
        raise
    return str(made["Arn"])


def _data_source_status(api: Api, attempted: str) -> tuple[str, str]:
    source = api.call(attempted, "describe_data_source", DataSourceId=DATA_SOURCE_ID)["DataSource"]
    info = source.get("ErrorInfo") or {}
    return source["Status"], f"{info.get('Type', '')} {info.get('Message', '')}".strip()


def make_data_set(api: Api, user_arn: str, data_source_arn: str, days: int) -> str:
    """Return the ARN of the data set, made or given the SQL of today."""
    attempted = "make QuickSight's data set of the readings"
    body: dict[str, Any] = {
        "DataSetId": DATA_SET_ID,
        "Name": NAMES[DATA_SET_ID],
        **data_set_tables(data_source_arn, days),
    }
    if api.find(attempted, "describe_data_set", DataSetId=DATA_SET_ID):
        return str(api.call(attempted, "update_data_set", **body)["Arn"])
    permissions = owned_by(user_arn, "DataSet")
    made = api.call(attempted, "create_data_set", **body, Permissions=permissions, Tags=TAGS)
    return str(made["Arn"])


def make_dashboard(api: Api, user_arn: str, data_set_arn: str) -> str:
    """Return the ARN of the dashboard, made or given the definition of today, and published."""
    attempted = "make QuickSight's dashboard of the house"
    body: dict[str, Any] = {
        "DashboardId": DASHBOARD_ID,
        "Name": NAMES[DASHBOARD_ID],
        "Definition": dashboard_definition(data_set_arn),
        "ValidationStrategy": {"Mode": "STRICT"},
    }
    is_there = api.find(attempted, "describe_dashboard", DashboardId=DASHBOARD_ID) is not None
    if is_there:
        made = api.call(attempted, "update_dashboard", **body)
    else:
        permissions = owned_by(user_arn, "Dashboard")
        made = api.call(attempted, "create_dashboard", **body, Permissions=permissions, Tags=TAGS)
    version = int(made["VersionArn"].rpartition("/")[2])
    named = {"DashboardId": DASHBOARD_ID, "VersionNumber": version}
    api.wait(attempted, lambda: _dashboard_status(api, attempted, version))
    if is_there:
        api.call(attempted, "update_dashboard_published_version", **named)
    return str(made["Arn"])


def _dashboard_status(api: Api, attempted: str, version: int) -> tuple[str, str]:
    told = api.call(
        attempted, "describe_dashboard", DashboardId=DASHBOARD_ID, VersionNumber=version
    )
    about = told["Dashboard"]["Version"]
    errors = about.get("Errors") or []
    words = [f"{one.get('Type', '')}: {one.get('Message', '')}" for one in errors]
    return about["Status"], "; ".join(words)


_LOOKS = (
    ("dashboard", "describe_dashboard", "DashboardId", DASHBOARD_ID),
    ("analysis", "describe_analysis", "AnalysisId", ANALYSIS_ID),
    ("data set", "describe_data_set", "DataSetId", DATA_SET_ID),
    ("data source", "describe_data_source", "DataSourceId", DATA_SOURCE_ID),
)
"""In the order in which they can be deleted."""


def look_at_parts(api: Api) -> Iterator[Part]:
    """Yield what there is of the workbook in QuickSight, in the order of deletion."""
    for kind, operation, parameter, identity in _LOOKS:
        found = api.find("look at QuickSight", operation, **{parameter: identity})
        yield Part(kind, identity, _status(kind, found) if found else "missing")


def _status(kind: str, found: dict[str, Any]) -> str:
    if kind == "dashboard":
        return str(found["Dashboard"]["Version"]["Status"])
    if kind == "analysis":
        return str(found["Analysis"]["Status"])
    # A data set is there or not; it has no status of its own.
    return str(found["DataSource"]["Status"]) if kind == "data source" else "CREATION_SUCCESSFUL"


def delete_part(api: Api, part: Part) -> bool:
    """Delete one thing; return whether it was there still."""
    _kind, _look, parameter, identity = next(one for one in _LOOKS if one[0] == part.kind)
    arguments: dict[str, Any] = {parameter: identity}
    if part.kind == "analysis":
        arguments["ForceDeleteWithoutRecovery"] = True
    operation = f"delete_{part.kind.replace(' ', '_')}"
    return api.find(f"delete QuickSight's {part.kind}", operation, **arguments) is not None

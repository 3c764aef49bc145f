"""What the workbook's things in QuickSight are called, and who may do what with them."""

from __future__ import annotations

from typing import Any

from lab_utils.teardown.ownership import TAG_KEY, TAG_VALUE

DATA_SOURCE_ID = "practical-aws-iot-timestream"
DATA_SET_ID = "practical-aws-iot-readings"
DASHBOARD_ID = "practical-aws-iot-house"
ANALYSIS_ID = DASHBOARD_ID
"""The id of an analysis that someone made of the dashboard by code; the lab makes none."""
NAMES = {
    DATA_SOURCE_ID: "Practical AWS IoT: Timestream",
    DATA_SET_ID: "Practical AWS IoT: readings",
    DASHBOARD_ID: "Practical AWS IoT: the house",
}
TAGS = [{"Key": TAG_KEY, "Value": TAG_VALUE}]

_PASSING = ("Describe{0}", "Describe{0}Permissions", "Pass{0}")
_CHANGING = ("Update{0}", "Delete{0}", "Update{0}Permissions")
_ACTIONS = {
    "DataSource": (*_PASSING, *_CHANGING),
    "DataSet": (
        *_PASSING,
        *_CHANGING,
        "DescribeIngestion",
        "ListIngestions",
        "CreateIngestion",
        "CancelIngestion",
    ),
    "Dashboard": (
        "Describe{0}",
        "Describe{0}Permissions",
        *_CHANGING,
        "Query{0}",
        "List{0}Versions",
        "Update{0}PublishedVersion",
    ),
}
"""All that an owner may do.

Source:
    https://docs.aws.amazon.com/quicksight/latest/APIReference/API_CreateDataSet.html
"""


def owned_by(user_arn: str, kind: str) -> list[dict[str, Any]]:
    """Return the permissions of an owner.

    Args:
        user_arn: The QuickSight user's ARN.
        kind: ``DataSource``, ``DataSet`` or ``Dashboard``.
    """
    actions = [f"quicksight:{action.format(kind)}" for action in _ACTIONS[kind]]
    return [{"Principal": user_arn, "Actions": actions}]

"""PrepareQuery's answer."""

from __future__ import annotations

from typing import Any

from lab_utils.local_aws.timestream.query.plans import Plan
from lab_utils.local_aws.timestream.query.scopes import Column
from lab_utils.local_aws.timestream.query.types import TIMESTAMP, UNKNOWN

# The parameter that Timestream gives scheduled queries; the type of any other is not known.
_KNOWN = {"scheduled_runtime": TIMESTAMP}


def prepared_document(text: str, plan: Plan) -> dict[str, Any]:
    """Return the API's PrepareQueryResponse."""
    return {
        "QueryString": text,
        "Columns": [_column(column, index) for index, column in enumerate(plan.columns)],
        "Parameters": [
            {"Name": name, "Type": _KNOWN.get(name, UNKNOWN).document()}
            for name in dict.fromkeys(plan.parameters)
        ],
    }


def _column(column: Column, index: int) -> dict[str, Any]:
    document: dict[str, Any] = {
        "Name": column.name or f"_col{index}",
        "Type": column.type.document(),
        "Aliased": column.is_aliased,
    }
    if column.origin is not None:
        document["DatabaseName"], document["TableName"] = column.origin
    return document

"""The greatest and the least of some values; null if one of them is null.

Source: Timestream developer guide, "Comparison functions".
"""

from __future__ import annotations

from lab_utils.local_aws.timestream.query.functions.base import Entry, Signature
from lab_utils.local_aws.timestream.query.types import variable

_T = variable("T")

FUNCTIONS: dict[str, Entry] = {
    "greatest": [Signature((_T,), _T, "ts_highest([{all}])", variadic=True)],
    "least": [Signature((_T,), _T, "ts_lowest([{all}])", variadic=True)],
}

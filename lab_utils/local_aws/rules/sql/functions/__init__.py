"""The functions of rule SQL, by name.

Source: the AWS IoT developer guide, iot-sql-functions.
"""

from __future__ import annotations

from typing import Final

from lab_utils.local_aws.rules.sql.functions import (
    encodings,
    external,
    message,
    numbers,
    structure,
    text,
    times,
)
from lab_utils.local_aws.rules.sql.functions.registry import Function

FUNCTIONS: Final[dict[str, Function]] = {
    **numbers.FUNCTIONS,
    **text.FUNCTIONS,
    **encodings.FUNCTIONS,
    **structure.FUNCTIONS,
    **times.FUNCTIONS,
    **message.FUNCTIONS,
    **external.FUNCTIONS,
}
UNSUPPORTED: Final = frozenset(("get_secret", "get_registry_data", "machinelearning_predict"))
"""Functions of AWS IoT that ask services which the embedded AWS does not have."""

__all__ = ["FUNCTIONS", "UNSUPPORTED", "Function"]

"""What the store sets up in DuckDB for the translated SQL."""

from __future__ import annotations

from lab_utils.local_aws.timestream.query.expansion import macro_weights
from lab_utils.local_aws.timestream.query.expressions import ELEMENT_MACROS
from lab_utils.local_aws.timestream.query.functions import MACROS as FUNCTION_MACROS
from lab_utils.local_aws.timestream.query.functions import SCALARS
from lab_utils.local_aws.timestream.query.functions.failures import MACROS as FAILURE_MACROS
from lab_utils.local_aws.timestream.query.operators import APPEND_MACROS
from lab_utils.local_aws.timestream.query.rendering import RENDERING_MACROS
from lab_utils.local_aws.timestream.query.text_casts import CAST_MACROS

MACROS = tuple(
    dict.fromkeys(
        (
            *FAILURE_MACROS,
            *FUNCTION_MACROS,
            *RENDERING_MACROS,
            *CAST_MACROS,
            *ELEMENT_MACROS,
            *APPEND_MACROS,
        )
    )
)
"""``CREATE OR REPLACE MACRO`` statements, to be run in this order."""

WEIGHTS = macro_weights(MACROS)
"""How large each macro makes a query."""

__all__ = ["MACROS", "SCALARS", "WEIGHTS"]

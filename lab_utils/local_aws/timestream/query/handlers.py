"""How each kind of expression is translated; a kind that is not here is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from lab_utils.local_aws.timestream.query import calls, expressions, predicates
from lab_utils.local_aws.timestream.query.coercion import Typed
from lab_utils.local_aws.timestream.query.session import Expressions

HANDLERS: dict[type[exp.Expr], Callable[[Expressions, Any], Typed]] = {
    **expressions.HANDLERS,
    **predicates.HANDLERS,
    **calls.HANDLERS,
}

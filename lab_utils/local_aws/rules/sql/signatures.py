"""Whether a call names a function that there is, and that the SQL version has."""

from __future__ import annotations

from difflib import get_close_matches

from lab_utils.local_aws.rules.sql import nodes
from lab_utils.local_aws.rules.sql.functions import FUNCTIONS, UNSUPPORTED
from lab_utils.local_aws.rules.sql.tree import asks_other_services


def check_call(call: nodes.Call, *, is_2016: bool) -> str | None:
    """Return what is wrong with a call, as a sentence, or None.

    A wrong number of arguments is no error: AWS makes it Undefined.
    """
    name = call.name
    if name in UNSUPPORTED:
        return f"The embedded AWS does not support the function {name}()."
    if name not in FUNCTIONS:
        close = get_close_matches(name[:40], [*FUNCTIONS, "cast"], n=1)
        hint = f" Did you mean {close[0]}()?" if close else ""
        return f"AWS IoT SQL has no function {name[:40]}().{hint}"
    if FUNCTIONS[name].needs_2016 and not is_2016:
        return f"{name}() needs SQL version 2016-03-23, and this rule has 2015-10-08."
    if name == "get_or_default" and asks_other_services(call.arguments[1:]):
        return "The default of get_or_default() cannot ask another service."
    if name == "decode" and nodes.Literal("proto") in call.arguments:
        return "The embedded AWS does not support decode(..., 'proto')."
    return None

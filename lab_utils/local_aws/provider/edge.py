"""The outer edge of the providers: what goes wrong is a diagnostic, not a broken connection."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from tf.gen import tfplugin_pb2 as pb

from lab_utils.local_aws.provider.diagnostics import Diagnostics
from lab_utils.local_aws.provider.overlay import Overlay

_KEPT = {"ApplyResourceChange": "prior_state", "ReadResource": "current_state"}
"""The state that stays when a call fails that has a new state to return."""


def answered(method: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any, Any], Any]:
    """Return a method of the protocol that answers with a diagnostic if it raises."""
    name = method.__name__

    @functools.wraps(method)
    def answer(self: Any, request: Any, call: Any) -> Any:
        try:
            return method(self, request, call)
        except Exception as error:  # noqa: BLE001 - the outer edge; diagnostics log what is unexpected
            diagnostics = Diagnostics()
            doing = f"{name} of {getattr(request, 'type_name', '') or 'the provider'}"
            diagnostics.exception(error, doing, "", Overlay())
            kept = {"new_state": getattr(request, _KEPT[name])} if name in _KEPT else {}
            return getattr(pb, name).Response(diagnostics=diagnostics.items, **kept)

    return answer


def guard(
    operation: Callable[[], None],
    diagnostics: Diagnostics,
    doing: str,
    service: str,
    overlay: Overlay,
) -> None:
    """Run an operation; what it raises becomes a diagnostic in the real provider's words.

    Args:
        operation: What to do.
        diagnostics: Gets the error.
        doing: What is done, ``creating IoT Thing (x)``.
        service: The service id, ``IoT``.
        overlay: Tells which attribute an API error is about.
    """
    try:
        operation()
    except Exception as error:  # noqa: BLE001 - an edge; diagnostics log what is unexpected
        diagnostics.exception(error, doing, service, overlay)

"""Finding a function's handler, and what it takes and returns as JSON."""

from __future__ import annotations

import decimal
import importlib
import json
import math
import sys
from collections.abc import Callable
from typing import Any

from .errors import FaultError

Handler = Callable[[Any, Any], Any]


def load_handler(name: str) -> Handler:
    """Import the module of a handler, and return the handler.

    Args:
        name: As configured, ``module.function``; folders are separated by ``/`` or a dot.

    Raises:
        FaultError: The name has no dot, or there is no such module or function, or the module
            has a syntax error.
        Exception: What the module raised.
    """
    module_name, function_name = _parts(name)
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise FaultError(
            "Runtime.BuiltInModuleConflict",
            f"Cannot use built-in module {module_name} as a handler module",
        )
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise FaultError(
            "Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}"
        ) from None
    except SyntaxError as error:
        place = f'  File "{error.filename}" Line {error.lineno}\n    {error.text}'
        raise FaultError(
            "Runtime.UserCodeSyntaxError",
            f"Syntax error in module '{module_name}': {error}",
            [place],
        ) from None
    handler: Handler | None = getattr(module, function_name, None)
    if handler is None:
        raise FaultError(
            "Runtime.HandlerNotFound",
            f"Handler '{function_name}' missing on module '{module_name}'",
        )
    return handler


def _parts(name: str) -> tuple[str, str]:
    try:
        module_name, function_name = name.rsplit(".", 1)
    except ValueError as error:
        raise FaultError("Runtime.MalformedHandlerName", f"Bad handler '{name}': {error}") from None
    return module_name, function_name


def read_event(payload: bytes) -> Any:
    """Return the event of a payload.

    Raises:
        FaultError: It is no JSON.
    """
    try:
        return json.loads(payload)
    except ValueError as error:
        raise FaultError("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from None


def write_response(response: Any, *, is_ascii: bool) -> bytes:
    """Return what a handler returned as JSON; bytes are passed on as they are.

    Args:
        response: What it returned.
        is_ascii: Whether other characters are escaped, as before Python 3.12.

    Raises:
        FaultError: It cannot be written as JSON.
    """
    if isinstance(response, bytes):
        return response
    try:
        return json.dumps(response, ensure_ascii=is_ascii, default=_plain).encode()
    except Exception as error:  # noqa: BLE001 - whatever an object of the function's raises
        raise FaultError("Runtime.MarshalError", f"Unable to marshal response: {error}") from None


def _plain(value: object) -> float | int:
    """Return a decimal number as JSON's; Lambda takes no other class that JSON lacks."""
    if not isinstance(value, decimal.Decimal):
        raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
    if value.is_nan():
        return math.nan
    return int(value) if value == value.to_integral_value() and _is_whole(value) else float(value)


def _is_whole(value: decimal.Decimal) -> bool:
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= 0

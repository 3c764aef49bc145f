"""encode, decode and the hashes.

Source: the AWS IoT developer guide, iot-sql-functions.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from typing import Final

from lab_utils.local_aws.rules.sql.context import V1, MessageContext
from lab_utils.local_aws.rules.sql.functions.md2 import md2
from lab_utils.local_aws.rules.sql.functions.registry import Function, pure
from lab_utils.local_aws.rules.sql.operators import join
from lab_utils.local_aws.rules.sql.payload import load_json
from lab_utils.local_aws.rules.sql.values import UNDEFINED, Value, to_text


def encode(value: Value, scheme: Value) -> Value:
    """Return the Base64 of a value's text; for `encode(*, 'base64')` of the payload's bytes."""
    text = value if isinstance(value, bytes) else to_text(value)
    if scheme != "base64" or text is UNDEFINED:
        return UNDEFINED
    return join([base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()])


def decode(ctx: MessageContext, value: Value, scheme: Value) -> Value:
    """Return what Base64 holds: the value of a JSON text, else the text; Null if it is none."""
    text = to_text(value)
    if scheme != "base64" or text is UNDEFINED:
        return UNDEFINED
    try:
        decoded = base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    document = load_json(decoded, keep_decimals=ctx.version == V1)
    return decoded if document is UNDEFINED else document


def _hash(name: str) -> Callable[[Value], Value]:
    def run(value: Value) -> Value:
        text = to_text(value)
        if text is UNDEFINED:
            return UNDEFINED
        if name == "md2":
            return md2(text.encode())
        return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()

    return run


_HASHES: Final = ("md2", "md5", "sha1", "sha224", "sha256", "sha384", "sha512")
FUNCTIONS: Final[dict[str, Function]] = {
    **{name: pure(_hash(name), 1) for name in _HASHES},
    "decode": Function(decode, 2, 2, needs_2016=True),
    "encode": pure(encode, 2, needs_2016=True),
}

"""Reading JSON with numbers as the rules engine has them, whatever a client sends.

A payload is a stranger's: it may be no text, nest a thousand deep or hold a number of a hundred
thousand digits. It is then no JSON to the rules: fields are Undefined, `SELECT *` hands on bytes.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Final

from lab_utils.local_aws.rules.sql.values import HALF_PAIR, NUMBERS, UNDEFINED, Value, whole

MAX_DEPTH: Final = 100
"""How deep JSON may nest; AWS names no limit, and this is our choice."""
_NESTING: Final = re.compile(r'"(?:[^"\\]|\\.)*(?:"|$)|[\[{]|[\]}]', re.DOTALL)


class Payload:
    """The bytes of one message, read as JSON at most once a number format."""

    __slots__ = ("_decimal", "_whole", "raw")

    def __init__(self, raw: bytes) -> None:
        """Keep the bytes."""
        self.raw = raw
        self._whole: Value = _UNREAD
        self._decimal: Value = _UNREAD

    def whole(self) -> Value:
        """Return the document of version 2016-03-23 (10.0 is the Int 10); bytes if no JSON."""
        if self._whole is _UNREAD:
            self._whole = self._read(_WHOLE)
        return self._whole

    def decimal(self) -> Value:
        """Return the document of version 2015-10-08 (10.0 is a Decimal); bytes if no JSON."""
        if self._decimal is _UNREAD:
            self._decimal = self._read(_DECIMAL)
        return self._decimal

    def _read(self, decoder: json.JSONDecoder) -> Value:
        try:
            document = _loads(self.raw.decode("utf-8"), decoder)
        except UnicodeDecodeError:
            return self.raw
        return self.raw if document is UNDEFINED else document


def load_json(text: str, *, keep_decimals: bool) -> Value:
    """Return the value of a JSON text, or Undefined if it is none that can be read."""
    return _loads(text, _DECIMAL if keep_decimals else _WHOLE)


def _loads(text: str, decoder: json.JSONDecoder) -> Value:
    if text.count("[") + text.count("{") > MAX_DEPTH and _is_too_deep(text):
        return UNDEFINED
    try:
        value = decoder.decode(text)
    except ValueError:
        return UNDEFINED
    return _mended(value) if "\\u" in text else value


def _is_too_deep(text: str) -> bool:
    depth = 0
    for match in _NESTING.finditer(text):
        if match[0] in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif match[0] in "]}":
            depth -= 1
    return False


def _mended(value: Value) -> Value:
    """Return a value whose texts hold no half of a surrogate pair."""
    if isinstance(value, str):
        return HALF_PAIR.sub("�", value)
    if isinstance(value, list):
        return [_mended(item) for item in value]
    if isinstance(value, dict):
        return {_mended(key): _mended(item) for key, item in value.items()}
    return value


def _decimal(digits: str) -> Decimal:
    number = NUMBERS.create_decimal(digits)
    if not number.is_finite():
        raise ValueError(f"{digits[:40]} is no number of the rules engine")
    return number


def _whole_or_decimal(digits: str) -> Value:
    return whole(_decimal(digits))


def _refuse(constant: str) -> Value:
    raise ValueError(f"{constant} is no JSON")


_UNREAD: Final = object()
_WHOLE: Final = json.JSONDecoder(parse_float=_whole_or_decimal, parse_constant=_refuse)
_DECIMAL: Final = json.JSONDecoder(parse_float=_decimal, parse_constant=_refuse)

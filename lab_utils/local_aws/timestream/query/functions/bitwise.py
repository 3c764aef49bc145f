"""Bitwise functions on 64-bit two's complement.

Source: Timestream developer guide, "Bitwise functions". The shifts are Presto's, the page
does not list them.
"""

from __future__ import annotations

from lab_utils.local_aws.timestream.query.functions.base import Entry, Signature
from lab_utils.local_aws.timestream.query.functions.failures import checked
from lab_utils.local_aws.timestream.query.types import BIGINT

_PAIR = (BIGINT, BIGINT)

FUNCTIONS: dict[str, Entry] = {
    "bit_count": [Signature(_PAIR, BIGINT, "ts_bit_count({0}, {1})")],
    "bitwise_and": [Signature(_PAIR, BIGINT, "({0} & {1})")],
    "bitwise_not": [Signature((BIGINT,), BIGINT, "(~{0})")],
    "bitwise_or": [Signature(_PAIR, BIGINT, "({0} | {1})")],
    "bitwise_xor": [Signature(_PAIR, BIGINT, "xor({0}, {1})")],
    "bitwise_left_shift": [Signature(_PAIR, BIGINT, "ts_shift_left({0}, {1})")],
    "bitwise_right_shift": [Signature(_PAIR, BIGINT, "ts_shift_right({0}, {1})")],
    "bitwise_right_shift_arithmetic": [Signature(_PAIR, BIGINT, "ts_shift_signed({0}, {1})")],
}

_NO_BITS = (
    "bits < 2 OR bits > 64",
    "'Bits specified in bit_count must be between 2 and 64, got ' || bits",
)
_TOO_FEW_BITS = (
    "bits < 64 AND (number >= 1::HUGEINT << (bits - 1) OR number < -(1::HUGEINT << (bits - 1)))",
    "'Number must be representable with the bits specified. ' || number"
    " || ' can not be represented with ' || bits || ' bits'",
)
_NEGATIVE_SHIFT = ("shift < 0", "'Specified shift must be positive'")
# By way of 128 bits: DuckDB refuses to shift a bit out of a BIGINT.
_UNSIGNED = "(CAST(number AS HUGEINT) & ((1::HUGEINT << 64) - 1))"
_SHIFTED_LEFT = (
    "(CAST(number AS HUGEINT) & ((1::HUGEINT << (64 - ts_width(shift))) - 1)) << ts_width(shift)"
)
_MACROS = {
    "ts_width(shift)": "CAST(ts_clamp(shift, 0, 64) AS INTEGER)",
    "ts_bit_count(number, bits)": checked(
        _NO_BITS,
        _TOO_FEW_BITS,
        result="CAST(bit_count(CAST(number AS HUGEINT)"
        " & ((1::HUGEINT << CAST(bits AS INTEGER)) - 1)) AS BIGINT)",
    ),
    "ts_signed(bits)": "CAST(CASE WHEN bits >= 1::HUGEINT << 63 THEN bits - (1::HUGEINT << 64)"
    " ELSE bits END AS BIGINT)",
    "ts_shift_left(number, shift)": checked(_NEGATIVE_SHIFT, result=f"ts_signed({_SHIFTED_LEFT})"),
    "ts_shift_right(number, shift)": checked(
        _NEGATIVE_SHIFT,
        result=f"ts_signed({_UNSIGNED} >> ts_width(shift))",
    ),
    "ts_shift_signed(number, shift)": checked(
        _NEGATIVE_SHIFT, result="(number >> ts_clamp(shift, 0, 63))"
    ),
}
MACROS = tuple(f"CREATE OR REPLACE MACRO {head} AS {body}" for head, body in _MACROS.items())

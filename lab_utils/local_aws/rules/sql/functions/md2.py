"""MD2, which no library of Python's brings along.

Source: RFC 1319. The table of the RFC are digits of pi; it is made here the way that the
algorithm's authors made it: a shuffle of 0 to 255 that takes its random numbers from pi.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

_BLOCK: Final = 16
_ROUNDS: Final = 18


def _digits_of_pi() -> Iterator[int]:
    """Yield the digits of pi, 3, 1, 4, ... (Gibbons' spigot)."""
    q, r, t, k, n, m = 1, 0, 1, 1, 3, 3
    while True:
        if 4 * q + r - t < n * t:
            yield n
            q, r, n = 10 * q, 10 * (r - n * t), 10 * (3 * q + r) // t - 10 * n
        else:
            q, r, t, k, n, m = (
                q * k,
                (2 * q + r) * m,
                t * m,
                k + 1,
                (q * (7 * k + 2) + r * m) // (t * m),
                m + 2,
            )


def _random_below(limit: int, digits: Iterator[int]) -> int:
    """Return a number from 0 below a limit, from one, two or three digits of pi."""
    width, span = (1, 10) if limit <= 10 else (2, 100) if limit <= 100 else (3, 1000)
    highest = limit * (span // limit)
    while True:
        number = 0
        for _ in range(width):
            number = number * 10 + next(digits)
        if number < highest:
            return number % limit


@cache
def _table() -> tuple[int, ...]:
    digits, table = _digits_of_pi(), list(range(256))
    for size in range(2, 257):
        place = _random_below(size, digits)
        table[size - 1], table[place] = table[place], table[size - 1]
    return tuple(table)


def md2(message: bytes) -> str:
    """Return the MD2 digest in hexadecimal digits."""
    table, padding = _table(), _BLOCK - len(message) % _BLOCK
    padded = message + bytes([padding]) * padding
    checksum, last = bytearray(_BLOCK), 0
    for start in range(0, len(padded), _BLOCK):
        for i in range(_BLOCK):
            checksum[i] ^= table[padded[start + i] ^ last]
            last = checksum[i]
    state = bytearray(3 * _BLOCK)
    for start in range(0, len(padded) + _BLOCK, _BLOCK):
        block = padded[start : start + _BLOCK] or checksum
        _mix(state, block, table)
    return bytes(state[:_BLOCK]).hex()


def _mix(state: bytearray, block: bytes | bytearray, table: tuple[int, ...]) -> None:
    for i in range(_BLOCK):
        state[_BLOCK + i] = block[i]
        state[2 * _BLOCK + i] = block[i] ^ state[i]
    last = 0
    for turn in range(_ROUNDS):
        for i in range(3 * _BLOCK):
            state[i] ^= table[last]
            last = state[i]
        last = (last + turn) % 256

"""Texts in messages."""

from __future__ import annotations


def shortened(text: str, most: int) -> str:
    """Return a text, or its first characters with dots if it is longer than so many."""
    return text if len(text) <= most else f"{text[:most]}..."

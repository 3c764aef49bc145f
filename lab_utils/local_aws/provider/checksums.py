"""The digests that hashicorp/local and hashicorp/archive tell of a file."""

from __future__ import annotations

import base64
import hashlib


def checksums(content: bytes, sha1_name: str = "sha1") -> dict[str, str]:
    """Return md5, sha1, sha256 and sha512 in hexadecimal, and the last two in base64 as well.

    Args:
        content: The file's content.
        sha1_name: What the SHA-1 is called; hashicorp/archive says ``sha``.
    """
    sha256, sha512 = hashlib.sha256(content), hashlib.sha512(content)
    return {
        "md5": hashlib.md5(content, usedforsecurity=False).hexdigest(),
        sha1_name: hashlib.sha1(content, usedforsecurity=False).hexdigest(),
        "sha256": sha256.hexdigest(),
        "base64sha256": base64.b64encode(sha256.digest()).decode(),
        "sha512": sha512.hexdigest(),
        "base64sha512": base64.b64encode(sha512.digest()).decode(),
    }


def prefixed(prefix: str, values: dict[str, str]) -> dict[str, str]:
    """Return the values under names such as ``content_md5``."""
    return {f"{prefix}_{name}": value for name, value in values.items()}


def explained(error: OSError) -> str:
    """Return a file error in words: which file, and what is wrong with it."""
    return f"{error.filename}: {(error.strerror or str(error)).lower()}"

"""Names that the provider makes up, for ``name_prefix`` and for resources without a name."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime

DEFAULT_PREFIX = "terraform-"


def unique_name(prefix: str = DEFAULT_PREFIX) -> str:
    """Return a name of the real provider's form: the prefix, the time and a suffix, 26 digits.

    The real provider counts up within its process; this one serves many runs at once, so its
    last eight hexadecimal digits are random.

    Args:
        prefix: What the name begins with.
    """
    now = datetime.now(UTC)
    return f"{prefix}{now:%Y%m%d%H%M%S}{now.microsecond // 100:04}{secrets.token_hex(4)}"


def prefix_of(name: str) -> str | None:
    """Return the prefix of a name that ``unique_name`` could have made, else ``None``."""
    found = re.fullmatch(r"(.*?)[0-9a-f]{26}", name)
    return found[1] if found else None

"""Logs without secrets, without what a terminal would obey, and without this machine's paths."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

MASK = "[MASKED]"
SHORTEST = 8
"""The shortest value that GitLab masks; a shorter one would tear holes into every log."""
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours and cursor
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # titles and links
    r"|\x1b[PX^_].*?(?:\x1b\\|$)"
    r"|\x1b."
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SECRET_NAMES = re.compile(r"SECRET|TOKEN|PASS|PWD|AUTH(?!OR)|KEY|CREDENTIAL|PRIVATE", re.I)


class Mask:
    """Cleans the lines of a log.

    Args:
        secrets: Values that must not be seen.
        paths: What is written for the folders of this machine, by their patterns.
    """

    def __init__(self, secrets: Iterable[str], paths: Mapping[str, str]) -> None:
        long_enough = {one for one in secrets if len(one) >= SHORTEST}
        self._secrets = sorted(long_enough, key=len, reverse=True)
        longest_first = sorted(paths.items(), key=lambda pair: len(pair[0]), reverse=True)
        self._paths = [(re.compile(pattern), shown) for pattern, shown in longest_first]

    def clean(self, line: str) -> str:
        """Return a line as it may be shown."""
        plain = _ESCAPES.sub("", line.rstrip("\r"))
        plain = plain.rpartition("\r")[2]  # of a progress bar, its last state
        plain = _CONTROLS.sub("", plain)
        for secret in self._secrets:
            plain = plain.replace(secret, MASK)
        for pattern, shown in self._paths:
            plain = pattern.sub(shown, plain)
        return plain


def secret_values(variables: Mapping[str, str]) -> list[str]:
    """Return the values of those variables whose names tell that they are secret."""
    return [value for name, value in variables.items() if _SECRET_NAMES.search(name)]

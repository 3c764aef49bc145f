"""Secrets in texts: access keys, tokens, private keys, passwords that are written out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

DOCUMENTED = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
"""The key that AWS's documentation shows."""
LONGEST_LINE = 4000
"""Characters of a line that are looked at: nobody writes a longer one by hand."""
_PATTERNS = (
    ("an AWS access key id", re.compile(r"\b((?:AKIA|ASIA)[A-Z0-9]{16})\b")),
    ("a GitLab token", re.compile(r"\b(gl(?:pat|dt|ptt|rt|cbt|soat)-[\w-]{20,})")),
    ("a GitHub token", re.compile(r"\b(gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,})")),
    ("a private key", re.compile(r"(-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----)")),
    ("a Slack token", re.compile(r"\b(xox[abprs]-[A-Za-z0-9-]{10,})")),
    ("a password in an address", re.compile(r"\b[a-z]{2,12}://[^\s/:@$]{1,60}:([^\s/@$]{3,200})@")),
)
_ASSIGNED = re.compile(
    r"""(?P<name>\b[A-Za-z_][\w.-]{0,60})["']?\s{0,4}[:=]\s{0,4}(?:&[\w-]{1,60}\s{1,4})?"""
    r"""(?P<value>"[^"]*"|'[^']*'|[^\s"'#]+)"""
)
_SET = re.compile(r"aws\s+configure\s+set\s+(?P<name>\S+)\s+(?P<value>\S+)")
_OPTION = re.compile(
    r"--(?P<name>[\w-]{0,40}(?:password|token|secret)[\w-]{0,40})[= ](?P<value>[^\s]+)", re.I
)
_NAMES = re.compile(
    r"passw(or)?d|passphrase|(^|_)(pass|pwd)$|secret|token|api_?key|private_?key|access_?key|credential",
    re.I,
)
_AWS_SECRET = re.compile(r"secret_?access_?key|aws_?secret", re.I)
_PUBLIC_NAMES = re.compile(r"(_id|_name|_arn|_file|_path|_url|_type|_version|_region)$", re.I)
_LIKE_A_SECRET = re.compile(r"[A-Za-z0-9/+=]{40}")
_PLACEHOLDER = re.compile(
    r"""(<.*>|\*+|x+|\.\.\.|your[-_ ].*|change[-_ ]?me|todo|none|null|true|false|\d{1,3}|)""", re.I
)


@dataclass(frozen=True)
class Secret:
    """Something secret that stands in a text.

    Attributes:
        line: From 1.
        kind: What it is, such as ``an AWS access key id``.
        value: It.
        is_documented: Whether it is the example of AWS's documentation.
    """

    line: int
    kind: str
    value: str
    is_documented: bool

    @property
    def shown(self) -> str:
        """Its beginning, which is enough to find it by."""
        return f"{self.value[:4]}..."


def find_secrets(text: str) -> Iterator[Secret]:
    """Yield the secrets of a text, one a value."""
    told: set[str] = set()
    for number, line in enumerate(text.splitlines(), start=1):
        looked_at = line[:LONGEST_LINE]
        for kind, value in (*_by_form(looked_at), *_by_name(looked_at)):
            if value not in told:
                told.add(value)
                yield Secret(number, kind, value, value in DOCUMENTED)


def _by_form(line: str) -> Iterator[tuple[str, str]]:
    for kind, pattern in _PATTERNS:
        for found in pattern.finditer(line):
            yield kind, found[1]


def _by_name(line: str) -> Iterator[tuple[str, str]]:
    """Yield what is given to a name that tells a secret, or looks like a secret key of AWS."""
    for pattern in (_ASSIGNED, _SET, _OPTION):
        for found in pattern.finditer(line):
            name, value = found["name"], found["value"].strip("\"'")
            if value.startswith(("$", "!", "`", "{")) or _PLACEHOLDER.fullmatch(value):
                continue
            if _AWS_SECRET.search(name) and _LIKE_A_SECRET.fullmatch(value):
                yield "an AWS secret access key", value
            elif _NAMES.search(name) and not _PUBLIC_NAMES.search(name) and len(value) >= 4:
                yield f"the value of `{name}`", value

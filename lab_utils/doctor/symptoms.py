"""What an examination found: one line, with the way to mend it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

OK, NOTE, MISSING = "ok", "note", "missing"


@dataclass(frozen=True)
class Symptom:
    """What was found of one thing.

    Attributes:
        name: What was looked at, in a word or two.
        status: ``ok``; ``note``, with which the lab works; or ``missing``, which it needs.
        seen: What there is.
        fix: What to do about it; empty where nothing is to do.
    """

    name: str
    status: str
    seen: str
    fix: str = ""

    def line(self) -> str:
        """Return it as one line of text."""
        fix = f" -> {self.fix}" if self.fix else ""
        return f"{self.status:8}{self.name}: {self.seen}{fix}"

    def to_json(self) -> dict[str, str]:
        """Return its four fields."""
        return asdict(self)


def ok(name: str, seen: str) -> Symptom:
    """Return that something is as it should be."""
    return Symptom(name, OK, seen)


def note(name: str, seen: str, fix: str = "") -> Symptom:
    """Return something that is good to know, and with which the lab works."""
    return Symptom(name, NOTE, seen, fix)


def missing(name: str, seen: str, fix: str) -> Symptom:
    """Return something that the lab needs and does not have."""
    return Symptom(name, MISSING, seen, fix)

"""``random_string``, ``random_password`` and ``random_pet``."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from typing import Any, ClassVar

from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.diagnostics import ProviderError
from lab_utils.local_aws.provider.overlay import Overlay
from lab_utils.local_aws.provider.plain.value import Value
from lab_utils.local_aws.provider.validation import between
from lab_utils.local_aws.provider.values import State

_SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
_CLASSES = {
    "lower": string.ascii_lowercase,
    "numeric": string.digits,
    "special": _SPECIAL,
    "upper": string.ascii_uppercase,
}
_FEWEST = tuple(f"min_{name}" for name in _CLASSES)
_ARGUMENTS = frozenset({"keepers", "length", "number", "override_special", *_CLASSES, *_FEWEST})
_DEFAULTS: Mapping[str, Any] = {
    **dict.fromkeys((*_CLASSES, "number"), True),
    **dict.fromkeys(_FEWEST, 0),
}
_MOST = 100_000
_ADVERBS = ("barely", "boldly", "calmly", "gladly", "kindly", "neatly", "rarely", "warmly")
_ADJECTIVES = (
    "able",
    "brave",
    "fair",
    "fresh",
    "merry",
    "noble",
    "proud",
    "quick",
    "sunny",
    "wise",
)
_ANIMALS = ("ant", "bear", "crab", "deer", "frog", "hawk", "lynx", "moth", "newt", "seal", "wolf")


class RandomString(Value):
    """Random characters."""

    type_name = "random_string"
    label = "random string"
    overlay: ClassVar[Overlay] = Overlay(
        force_new=_ARGUMENTS,
        defaults=_DEFAULTS,
        deprecated=frozenset({"number"}),
        validators={"length": (between(1, _MOST),)},
        conflicts=(("number", "numeric"),),
    )

    def plan(self, _context: Context, _prior: State | None, planned: State) -> None:
        """Let ``number``, the former name, and ``numeric`` mean the same."""
        if planned["number"] is False:
            planned["numeric"] = False
        planned["number"] = planned["numeric"]

    def create(self, _context: Context, planned: State) -> State:
        """Return new characters, with the least of each kind that is asked for."""
        classes = {**_CLASSES, "special": planned["override_special"] or _SPECIAL}
        wanted = {name: planned[name] for name in classes}
        allowed = "".join(classes[name] for name in classes if wanted[name])
        fewest = {name: int(planned[f"min_{name}"]) for name in classes}
        length = int(planned["length"])
        if not allowed or sum(fewest.values()) > length:
            summary = f"Create {self.label} error"
            words = "The length is too short for the characters that are asked for."
            raise ProviderError(summary, words, ("length",))
        found = [secrets.choice(classes[name]) for name in classes for _ in range(fewest[name])]
        found += [secrets.choice(allowed) for _ in range(length - len(found))]
        secrets.SystemRandom().shuffle(found)
        return self._told("".join(found))

    def _told(self, result: str) -> State:
        return {"id": result, "result": result}


class RandomPassword(RandomString):
    """Random characters that stay out of Terraform's output."""

    type_name = "random_password"
    label = "random password"
    overlay: ClassVar[Overlay] = Overlay(
        force_new=_ARGUMENTS,
        defaults=_DEFAULTS,
        deprecated=frozenset({"number"}),
        sensitive=frozenset({"result"}),
        validators={"length": (between(1, _MOST),)},
        conflicts=(("number", "numeric"),),
    )

    def _told(self, result: str) -> State:
        return {"id": "none", "result": result}


class RandomPet(Value):
    """A name that is easy to remember."""

    type_name = "random_pet"
    label = "random pet"
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset({"keepers", "length", "prefix", "separator"}),
        defaults={"length": 2, "separator": "-"},
    )

    def create(self, _context: Context, planned: State) -> State:
        """Return a new name."""
        length = max(1, int(planned["length"]))
        words = [secrets.choice(_ADVERBS) for _ in range(length - 2)]
        words += [secrets.choice(_ADJECTIVES)] if length > 1 else []
        words.append(secrets.choice(_ANIMALS))
        return {"id": planned["separator"].join([*filter(None, [planned["prefix"]]), *words])}


RESOURCES: tuple[type[Value], ...] = (RandomString, RandomPassword, RandomPet)

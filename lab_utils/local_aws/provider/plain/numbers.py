"""``random_id``, ``random_integer``, ``random_uuid`` and ``random_shuffle``."""

from __future__ import annotations

import base64
import random
import secrets
import uuid
from typing import ClassVar

from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.diagnostics import ProviderError
from lab_utils.local_aws.provider.overlay import Overlay
from lab_utils.local_aws.provider.plain.value import Value
from lab_utils.local_aws.provider.validation import between
from lab_utils.local_aws.provider.values import State

_MOST_BYTES = 1024 * 1024


class RandomId(Value):
    """Random bytes, in several spellings."""

    type_name = "random_id"
    label = "random id"
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset({"keepers", "byte_length", "prefix"}),
        validators={"byte_length": (between(1, _MOST_BYTES),)},
    )

    def create(self, _context: Context, planned: State) -> State:
        """Return new bytes."""
        value, prefix = secrets.token_bytes(int(planned["byte_length"])), planned["prefix"] or ""
        url = base64.urlsafe_b64encode(value).decode().rstrip("=")
        return {
            "id": url,
            "b64_url": prefix + url,
            "b64_std": prefix + base64.b64encode(value).decode(),
            "hex": prefix + value.hex(),
            "dec": prefix + str(int.from_bytes(value)),
        }


class RandomInteger(Value):
    """A whole number from a range."""

    type_name = "random_integer"
    label = "random integer"
    overlay: ClassVar[Overlay] = Overlay(force_new=frozenset({"keepers", "min", "max", "seed"}))

    def create(self, _context: Context, planned: State) -> State:
        """Return a new number; the same one for the same seed."""
        least, most = int(planned["min"]), int(planned["max"])
        if least > most:
            summary = "Create Random Integer Error"
            words = f"The minimum (min) value {least} must not be larger than the maximum {most}."
            raise ProviderError(summary, words, ("min",))
        result = _random(planned["seed"]).randint(least, most)
        return {"id": str(result), "result": result}


class RandomUuid(Value):
    """A random UUID."""

    type_name = "random_uuid"
    label = "random uuid"
    overlay: ClassVar[Overlay] = Overlay(force_new=frozenset({"keepers"}))

    def create(self, _context: Context, _planned: State) -> State:
        """Return a new UUID."""
        made = str(uuid.uuid4())
        return {"id": made, "result": made}


class RandomShuffle(Value):
    """Items in a random order, over and over if more are wanted than there are."""

    type_name = "random_shuffle"
    label = "random shuffle"
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset({"keepers", "input", "result_count", "seed"})
    )

    def create(self, _context: Context, planned: State) -> State:
        """Return the items; in the same order for the same seed."""
        items, chosen = list(planned["input"]), _random(planned["seed"])
        count = planned["result_count"]
        wanted = len(items) if count is None else int(count)
        result: list[str] = []
        while items and len(result) < wanted:
            result += chosen.sample(items, len(items))
        return {"id": "-", "result": result[:wanted]}


def _random(seed: str | None) -> random.Random:
    return random.Random(seed) if seed else random.SystemRandom()


RESOURCES: tuple[type[Value], ...] = (RandomId, RandomInteger, RandomUuid, RandomShuffle)

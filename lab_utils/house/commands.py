"""What the air conditioners are told over MQTT."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from lab_utils.house.topics import command_topic

WANTED = '{"state": {"enabled": true}}'


@dataclass(frozen=True)
class Command:
    """A message to an air conditioner.

    Attributes:
        time: When it arrived, lab time in UTC.
        zone_id: Whose air conditioner it is for.
        payload: The message as it came.
    """

    time: datetime
    zone_id: int
    payload: bytes

    @property
    def is_on(self) -> bool | None:
        """What it is to be; None for a message that does not say so in the practical's form."""
        try:
            enabled = json.loads(self.payload)["state"]["enabled"]
        except (ValueError, LookupError, TypeError):
            return None
        return enabled if isinstance(enabled, bool) else None

    def __str__(self) -> str:
        """Return the line that the practical's simulation prints, or what is wrong."""
        if self.is_on is not None:
            return f"ZONE {self.zone_id} : AC SWITCH TO {self.is_on}"
        return (
            f"ZONE {self.zone_id} : the message {_shortened(self.payload)} on "
            f"{command_topic(self.zone_id)} is no command and changes nothing; one is {WANTED}"
        )


def _shortened(payload: bytes) -> str:
    text = payload.decode(errors="backslashreplace")
    return text if len(text) <= 80 else f"{text[:80]}..."

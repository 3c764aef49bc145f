"""``time_sleep``, which waits for AWS to have come to rest."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.overlay import Overlay
from lab_utils.local_aws.provider.plain.value import Value
from lab_utils.local_aws.provider.validation import matches
from lab_utils.local_aws.provider.values import State

_DURATION = matches(r"\d+(\.\d+)?(ms|s|m|h)", "a number and a unit, such as 500ms or 30s")
_DURATIONS = ("create_duration", "destroy_duration")


class Sleep(Value):
    """A wait that is over at once: the embedded AWS has done what was asked when it answers."""

    type_name = "time_sleep"
    label = "time sleep"
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset({"triggers"}),
        validators=dict.fromkeys(_DURATIONS, (_DURATION,)),
        at_least_one_of=(_DURATIONS,),
    )

    def create(self, _context: Context, _planned: State) -> State:
        """Return the time as id."""
        return {"id": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}

"""What an observation of the loop says about each exercise of part 4."""

from __future__ import annotations

from lab_utils.checks.base import Finding
from lab_utils.checks.closed_loop import COMMAND_HINT, Observation, Scene
from lab_utils.checks.functions import ZONES
from lab_utils.thresholds import OFF_BELOW_C, ON_ABOVE_C


def judge_hot(observation: Observation) -> Finding:
    """Return whether a hot zone was switched on."""
    found = [zone for zone in ZONES if observation.is_switched_on(zone)]
    if found:
        return Finding(True, f"zone {found[0]} was switched on while it was hot")
    return _not_followed(observation)


def judge_cold(observation: Observation) -> Finding:
    """Return whether a cold zone was switched off."""
    found = [zone for zone in ZONES if observation.is_switched_off(zone)]
    if found:
        return Finding(True, f"zone {found[0]} was switched off while it was cold")
    return _not_followed(observation)


def judge_zones(observation: Observation) -> Finding:
    """Return whether each zone was switched by its own readings."""
    lost = [
        zone
        for zone in ZONES
        if not (observation.is_switched_on(zone) and observation.is_switched_off(zone))
    ]
    if not lost:
        return Finding(True, "each zone was switched on and off by its own readings")
    finding = _not_followed(observation)
    hint = finding.hint or (_ONE_ZONE_HINT if len(lost) == 1 else "")
    return Finding(False, finding.seen, hint=hint)


def judge_mild(observation: Observation) -> Finding:
    """Return whether mild zones were left as they were."""
    if not observation.follows:
        return _unknown(observation)
    change = observation.mild_change
    if change is None:
        return Finding(True, "mild zones were left as they were, one off and one on")
    seen = f"a mild zone that was {_state(not change)} was switched {_state(change)}"
    return Finding(False, seen)


def judge_artefacts(observation: Observation) -> Finding:
    """Return whether artefacts kept a cold zone from being switched off."""
    if not observation.follows:
        return _unknown(observation)
    if observation.stands_artefacts:
        return Finding(True, "a cold zone was switched off, artefacts among its readings or not")
    told = _told(observation.first, 2)
    seen = f"a cold zone with one artefact of about 45 in 20 readings {told}"
    return Finding(False, seen)


def judge_edges(observation: Observation) -> Finding:
    """Return whether a zone of exactly 35 and one without readings were left as they were."""
    if not observation.follows:
        return _unknown(observation)
    if observation.changes_at_an_edge(1):
        seen = f"a zone with a mean of exactly {ON_ABOVE_C:g} was switched on"
        return Finding(False, seen, hint="> or >=?")
    if observation.changes_at_an_edge(2):
        seen = "a zone that had sent nothing for a minute was switched off"
        return Finding(False, seen, hint=_NO_DATA_HINT)
    return Finding(True, "nothing was sent at the limit and without readings")


def _not_followed(observation: Observation) -> Finding:
    """Return what the air conditioners were told instead, or why nothing."""
    scenes = [scene for scene in (observation.first, observation.swapped) if scene]
    seen = observation.cause or "; then ".join(map(_describe, scenes))
    return _beside_strangers(observation, seen, observation.hint or _pattern_hint(observation))


def _pattern_hint(observation: Observation) -> str:
    """Return the hint to what a function makes of readings that sends the wrong commands."""
    scenes = [scene for scene in (observation.first, observation.swapped) if scene]
    if any(scene.unread(zone) for scene in scenes for zone in ZONES):
        return COMMAND_HINT
    told = {observation.told(zone) for zone in ZONES}
    return next((hint for pattern, hint in _PATTERN_HINTS.items() if pattern in told), "")


def _unknown(observation: Observation) -> Finding:
    why = f": {observation.cause}" if observation.cause else ""
    seen = f"no zone is switched on and off yet, so this cannot be seen{why}"
    hint = observation.hint or "first part4-hot and part4-cold."
    return _beside_strangers(observation, seen, hint)


def _beside_strangers(observation: Observation, seen: str, hint: str) -> Finding:
    """Return a finding that tells of a house that ran beside the checks."""
    if not observation.strangers:
        return Finding(False, seen, hint=hint)
    others = f"meanwhile {observation.strangers} other readings of zones 1 and 2 came"
    return Finding(False, f"{seen}; {others}", hint=f"{_STRANGERS_HINT} {hint}".rstrip())


def _describe(scene: Scene) -> str:
    return ", ".join(
        f"zone {zone} ({weather.words}) {_told(scene, zone)}"
        for zone, weather in scene.weather.items()
    )


def _told(scene: Scene, zone: int) -> str:
    if unread := scene.unread(zone):
        return f"was sent {unread}, which is no command"
    last = scene.last(zone)
    return "was told nothing" if last is None else f"was switched {_state(last)}"


def _state(is_on: bool) -> str:
    return "on" if is_on else "off"


_SAME_HINT = (
    "a zone is told the same whether it is hot or cold: does the function take the mean of the "
    "zone's readings, of the last minute alone?"
)
_PATTERN_HINTS = {
    (False, True): f"on and off are exchanged, or the zones: above {ON_ABOVE_C:g} true, below "
    f"{OFF_BELOW_C:g} false, each zone on its own topic.",
    (True, True): _SAME_HINT,
    (False, False): _SAME_HINT,
    (True, None): f"nothing is sent when a zone's mean is below {OFF_BELOW_C:g}.",
    (None, False): f"nothing is sent when a zone's mean is above {ON_ABOVE_C:g}.",
}
"""By what a zone was told when it was hot and when it was cold."""
_STRANGERS_HINT = "a house runs beside the checks: stop it, wait a minute, and check again."
_NO_DATA_HINT = "the mean of nothing is not 0: a zone without rows is left out."
_ONE_ZONE_HINT = (
    f"the other zone works: each zone has its own mean, its own topic AC/AC-N, and its own "
    f"decision (above {ON_ABOVE_C:g} on, below {OFF_BELOW_C:g} off). Does an error of one zone "
    "end the function before the other's turn?"
)

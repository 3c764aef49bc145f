"""Part 6, the bonus part: what a dashboard asks, judged by what its statements find."""

from __future__ import annotations

from lab_utils.checks import part6_hints as hints
from lab_utils.checks.base import Check
from lab_utils.checks.part6_files import DECISIONS, INVALID, MEANS, READINGS
from lab_utils.checks.part6_invalid import ZONE, look_at_invalid
from lab_utils.checks.part6_means import look_at_means
from lab_utils.checks.part6_queries import look_at_readings
from lab_utils.checks.part6_replay import NAMES, look_at_decisions

_PART = 6
CHECKS = (
    Check(
        "part6-readings",
        _PART,
        3,
        f"{READINGS} asks Timestream for each valid reading between {{begin}} and {{end}} (or "
        "since ago(15m)), once, with its time, sensor and zone, and its temperature as a number",
        f"{hints.TEXT} {hints.ONCE}",
        look_at_readings,
    ),
    Check(
        "part6-means",
        _PART,
        3,
        f"{MEANS} asks Timestream for the mean of the valid readings of each zone in each minute "
        "between {begin} and {end} (or since ago(15m)), with the minute as a time",
        f"AVG(CAST(temperature AS DOUBLE)) of the valid readings. {hints.MINUTE}",
        look_at_means,
    ),
    Check(
        "part6-invalid",
        _PART,
        2,
        f"{INVALID} asks DynamoDB for the sensor_id and temperature of every invalid reading of "
        f"zone {ZONE}",
        f'SELECT ... FROM "Temperature" WHERE zone_id = {ZONE}',
        look_at_invalid,
    ),
    Check(
        "part6-replay",
        _PART,
        2,
        f"{DECISIONS} says for each zone and minute what the Lambda would have decided by the "
        f"mean: true above {{{NAMES[0]}}}, false below {{{NAMES[1]}}}, else NULL",
        "the query of the means, and a CASE around it.",
        look_at_decisions,
    ),
)

"""The practical's temperatures, in degrees Celsius: each threshold of ``lab_utils`` stands here."""

from __future__ import annotations

ON_ABOVE_C = 35.0
"""A zone whose mean of the last minute is above this has its air conditioner switched on."""

OFF_BELOW_C = 20.0
"""A zone whose mean is below this has it switched off; from here to `ON_ABOVE_C` it stays."""

INVALID_FROM_C = 40.0
"""A reading of this much or more is an artefact of its sensor, and goes to DynamoDB."""

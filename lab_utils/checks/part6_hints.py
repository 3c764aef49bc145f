"""What to do about the usual mistakes in a dashboard's queries."""

from __future__ import annotations

from lab_utils.thresholds import INVALID_FROM_C

TEXT = (
    "the dimension temperature is a text (VARCHAR), and texts are compared letter by letter: "
    "'9.5' > '40'. CAST(temperature AS DOUBLE) makes a number of it, in the SELECT and in the "
    "WHERE."
)
ARTEFACT = (
    f"leave artefacts out: AND CAST(temperature AS DOUBLE) < {INVALID_FROM_C:g}. With SELECT * "
    "the rule of part 3 stores them too."
)
QUOTES = (
    "single quotes make a text, the same in each row; the name of a column has none, or double "
    "ones: zone_id."
)
ONCE = (
    "each reading is a record for each of its measures: WHERE measure_name = 'id' takes one of "
    "them, and so does SELECT DISTINCT."
)
MINUTE = "bin(time, 1m) is the minute of a time: select it, and GROUP BY it together with zone_id."
WINDOW = "take all of time BETWEEN {begin} AND {end} (or of time > ago(15m)), without LIMIT."
STEP_BY_STEP = "run it in the notebook without its conditions, then add one after the other."

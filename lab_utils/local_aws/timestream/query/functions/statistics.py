"""Aggregates of statistics: moments, correlation, regression, percentiles.

Source: Timestream developer guide, "Aggregate functions".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from lab_utils.local_aws.timestream.query.coercion import Typed, can_coerce, coerce
from lab_utils.local_aws.timestream.query.functions.base import Call, Entry, Scalar, Signature
from lab_utils.local_aws.timestream.query.functions.constants import constant_number, number_of
from lab_utils.local_aws.timestream.query.types import (
    BIGINT,
    DOUBLE,
    NUMBERS,
    ArrayType,
    array,
)

_PERCENTILE_FORMS = (
    "approx_percentile(x, double), approx_percentile(x, array(double)), "
    "approx_percentile(x, bigint, double), approx_percentile(x, bigint, array(double)), "
    "approx_percentile(x, bigint, double, double)"
)


def _geometric_mean(call: Call) -> Typed:
    values = call.values()
    if len(values) != 1 or not can_coerce(values[0].type, DOUBLE):
        raise call.wrong_arguments("geometric_mean(double)")
    return Typed(f"exp({call.aggregate('avg', f'ln({values[0].sql})')})", DOUBLE)


def _skewness(call: Call) -> Typed:
    """Return the population's skewness; DuckDB's is the sample's.

    By sums of powers, which gives the last digits that AWS prints.
    """
    values = call.values()
    if len(values) != 1 or not can_coerce(values[0].type, DOUBLE):
        raise call.wrong_arguments("skewness(double)")
    if call.modifiers.distinct:
        raise call.error("skewness takes no DISTINCT")
    x = coerce(values[0], DOUBLE).sql
    sums = [call.aggregate("sum", power) for power in (f"{x} * {x}", f"{x} * {x} * {x}")]
    mean = call.aggregate("avg", x)
    return Typed(f"ts_skewness({call.aggregate('count', x)}, {mean}, {', '.join(sums)})", DOUBLE)


def _corr(call: Call) -> Typed:
    """Return Pearson's r by the variances: DuckDB's own corr is off by a last digit."""
    values = call.values()
    if len(values) != 2 or not all(can_coerce(value.type, DOUBLE) for value in values):
        raise call.wrong_arguments("corr(double, double)")
    y, x = (coerce(value, DOUBLE).sql for value in values)
    if call.modifiers.distinct:
        return Typed(call.aggregate("corr", y, x), DOUBLE)
    covariance = call.aggregate("covar_pop", y, x)
    spread_y = call.aggregate("var_pop", f"CASE WHEN {x} IS NOT NULL THEN {y} END")
    spread_x = call.aggregate("var_pop", f"CASE WHEN {y} IS NOT NULL THEN {x} END")
    return Typed(f"({covariance} / sqrt({spread_y} * {spread_x}))", DOUBLE)


def _approx_percentile(call: Call) -> Typed:
    """Return exact percentiles, always one of the values; every accuracy is kept by that."""
    values = call.values()
    if not _is_percentile_call(values):
        raise call.wrong_arguments(_PERCENTILE_FORMS)
    percentage = values[1] if len(values) == 2 else values[2]
    _check_percentages(call, percentage)
    if len(values) == 4 and not 0 < constant_number(call, values[3], "accuracy") < 1:
        raise call.error("Percentile accuracy must be strictly between 0 and 1")
    several = isinstance(percentage.type, ArrayType)
    kind = array(values[0].type) if several else values[0].type
    wanted = coerce(percentage, array(DOUBLE) if several else DOUBLE).sql
    if len(values) == 2 or number_of(values[1].sql) is not None:
        # The same weight for all is no weight.
        if len(values) > 2 and constant_number(call, values[1], "weight") < 1:
            raise call.error("Percentile weight must be at least 1")
        return Typed(call.aggregate("quantile_disc", values[0].sql, wanted), kind)
    pair = f"struct_pack(x := {values[0].sql}, w := {coerce(values[1], BIGINT).sql})"
    items = call.aggregate("list", pair, order_by=f" ORDER BY {values[0].sql}")
    items = f"ts_weighed({items})"
    wanted = wanted if several else f"[{wanted}]"
    found = f"ts_pick_x({items}, ts_weighted_places(ts_weights({items}), {wanted}))"
    return Typed(found if several else f"{found}[1]", kind)


def _weighted_places(weights: Sequence[int], percentages: Sequence[float]) -> list[int]:
    """Return for each percentage the place, from 1, of the first value that reaches it."""
    if not weights:
        return [0] * len(percentages)
    if min(weights) < 1:
        raise ValueError("Percentile weight must be at least 1")
    reached = np.cumsum(weights)
    places = np.searchsorted(reached, np.array(percentages) * reached[-1])
    return [int(place) + 1 for place in places]


def _is_percentile_call(values: list[Typed]) -> bool:
    if not 2 <= len(values) <= 4 or values[0].type not in NUMBERS:
        return False
    percentage = values[1] if len(values) == 2 else values[2]
    wanted = array(DOUBLE) if isinstance(percentage.type, ArrayType) else DOUBLE
    return (
        can_coerce(percentage.type, wanted)
        and (len(values) == 2 or can_coerce(values[1].type, BIGINT))
        and (len(values) < 4 or (wanted == DOUBLE and can_coerce(values[3].type, DOUBLE)))
    )


def _check_percentages(call: Call, percentage: Typed) -> None:
    inside = re.sub(r"^\[|\]$|^list_value\(|\)$", "", percentage.sql)
    for number in map(number_of, inside.split(",")):
        if number is None:
            raise call.error("Percentiles must be constants")
        if not 0 <= number <= 1:
            raise call.error("Percentile must be between 0 and 1")


def _statistic(name: str) -> list[Signature]:
    return [Signature((DOUBLE,), DOUBLE, name)]


def _pair_statistic(name: str) -> list[Signature]:
    return [Signature((DOUBLE, DOUBLE), DOUBLE, name)]


AGGREGATES: dict[str, Entry] = {
    "geometric_mean": _geometric_mean,
    "stddev": _statistic("stddev_samp"),
    "stddev_pop": _statistic("stddev_pop"),
    "stddev_samp": _statistic("stddev_samp"),
    "variance": _statistic("var_samp"),
    "var_pop": _statistic("var_pop"),
    "var_samp": _statistic("var_samp"),
    "skewness": _skewness,
    "kurtosis": _statistic("kurtosis"),
    "corr": _corr,
    "covar_pop": _pair_statistic("covar_pop"),
    "covar_samp": _pair_statistic("covar_samp"),
    "regr_intercept": _pair_statistic("regr_intercept"),
    "regr_slope": _pair_statistic("regr_slope"),
    "approx_percentile": _approx_percentile,
}

MACROS = (
    "CREATE OR REPLACE MACRO ts_skewness(n, mean, squares, cubes) AS CASE WHEN n >= 3"
    " THEN sqrt(n) * (cubes - 3 * mean * squares + 2 * n * pow(mean, 3))"
    " / pow(squares - n * mean * mean, 1.5) END",
    "CREATE OR REPLACE MACRO ts_weighed(items) AS"
    " list_filter(items, lambda i: i.x IS NOT NULL AND i.w IS NOT NULL)",
    "CREATE OR REPLACE MACRO ts_weights(items) AS list_transform(items, lambda i: i.w)",
    "CREATE OR REPLACE MACRO ts_pick_x(items, places) AS list_transform([items], lambda l:"
    " list_transform(places, lambda i: l[i].x))[1]",
)
SCALARS = (Scalar("ts_weighted_places", _weighted_places, ("BIGINT[]", "DOUBLE[]"), "BIGINT[]"),)

"""Aggregates of statistics: moments, correlation, regression, percentiles.

Source: Timestream developer guide, "Aggregate functions".
"""

from __future__ import annotations

import re

from lab_utils.local_aws.timestream.query.coercion import Typed, can_coerce, coerce
from lab_utils.local_aws.timestream.query.functions.base import Call, Entry, Signature
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
    name = "ts_weighted_percentiles" if several else "ts_weighted_percentile"
    return Typed(f"{name}({items}, {wanted})", kind)


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
    "skewness": [Signature((DOUBLE,), DOUBLE, "list", wrap="ts_skewness({})")],
    "kurtosis": _statistic("kurtosis"),
    "corr": _corr,
    "covar_pop": _pair_statistic("covar_pop"),
    "covar_samp": _pair_statistic("covar_samp"),
    "regr_intercept": _pair_statistic("regr_intercept"),
    "regr_slope": _pair_statistic("regr_slope"),
    "approx_percentile": _approx_percentile,
}

# DuckDB's skewness is the sample's, Timestream's the population's. The moments are gathered as
# Presto gathers them, for the same last digits.
_SKEWNESS = (
    "list_transform([list_reduce("
    "list_filter(numbers, lambda ts_x: ts_x IS NOT NULL),"
    " lambda s, x: struct_pack(n := s.n + 1, m1 := s.m1 + (x - s.m1) / (s.n + 1),"
    " m2 := s.m2 + (x - s.m1) * ((x - s.m1) / (s.n + 1)) * s.n,"
    " m3 := s.m3 + (x - s.m1) * ((x - s.m1) / (s.n + 1)) * s.n"
    " * ((x - s.m1) / (s.n + 1)) * (s.n - 1) - 3 * ((x - s.m1) / (s.n + 1)) * s.m2),"
    " struct_pack(n := 0e0, m1 := 0e0, m2 := 0e0, m3 := 0e0))],"
    " lambda m: CASE WHEN m.n >= 3 THEN sqrt(m.n) * m.m3 / pow(m.m2, 1.5) END)[1]"
)
_PERCENTILE = (
    "list_transform([list_filter(items, lambda i: i.x IS NOT NULL AND i.w IS NOT NULL)],"
    " lambda l: list_reduce(l, lambda s, i:"
    " CASE WHEN i.w < 1"
    " THEN CASE WHEN ts_fail('Percentile weight must be at least 1') THEN s END"
    " WHEN s.c >= s.t THEN s"
    " ELSE struct_pack(c := s.c + i.w, t := s.t, v := i.x) END,"
    " struct_pack(c := CAST(0 AS BIGINT),"
    " t := p * list_sum(list_transform(l, lambda i: i.w)), v := l[1].x)).v)[1]"
)
MACROS = (
    f"CREATE OR REPLACE MACRO ts_skewness(numbers) AS {_SKEWNESS}",
    f"CREATE OR REPLACE MACRO ts_weighted_percentile(items, p) AS {_PERCENTILE}",
    "CREATE OR REPLACE MACRO ts_weighted_percentiles(items, wanted) AS"
    " CASE WHEN items IS NOT NULL THEN list_transform([items], lambda l:"
    " list_transform(wanted, lambda p: ts_weighted_percentile(l, p)))[1] END",
)

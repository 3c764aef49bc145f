from __future__ import annotations

import re

from lab_utils.local_aws.timestream.query.functions import (
    AGGREGATES,
    MACROS,
    SCALAR_FUNCTIONS,
    SCALARS,
)

# The functions of the pages on dates, strings, numbers, arrays, bits, regular expressions,
# comparisons, aggregates and time series.
DOCUMENTED = """
    current_date current_time current_timezone date last_day_of_month from_iso8601_timestamp
    from_iso8601_date to_iso8601 from_milliseconds from_nanoseconds from_unixtime localtime
    localtimestamp to_milliseconds to_nanoseconds to_unixtime date_trunc date_add date_diff
    parse_duration bin ago date_format date_parse format_datetime parse_datetime day day_of_month
    day_of_week day_of_year dow doy hour millisecond minute month nanosecond quarter second week
    week_of_year year year_of_week yow
    chr codepoint concat hamming_distance length levenshtein_distance lower lpad ltrim replace
    reverse rpad rtrim split split_part strpos strrpos substr trim upper
    abs cbrt ceiling ceil degrees e exp floor from_base ln log2 log10 mod pi pow power radians
    rand random round sign sqrt to_base truncate acos asin atan atan2 cos cosh sin tan tanh
    infinity is_finite is_infinite is_nan nan
    array_distinct array_intersect array_union array_except array_join array_max array_min
    array_position array_remove array_sort arrays_overlap cardinality element_at repeat sequence
    shuffle slice zip
    bit_count bitwise_and bitwise_not bitwise_or bitwise_xor
    regexp_extract_all regexp_extract regexp_like regexp_replace regexp_split
    greatest least
    interpolate_linear interpolate_spline_cubic interpolate_locf interpolate_fill
    derivative_linear non_negative_derivative_linear integral_trapezoidal correlate_pearson
    correlate_spearman filter reduce
"""
DOCUMENTED_AGGREGATES = """
    arbitrary array_agg avg bool_and every bool_or count count_if geometric_mean max_by min_by max
    min sum bitwise_and_agg bitwise_or_agg approx_distinct approx_percentile corr covar_pop
    covar_samp regr_intercept regr_slope skewness stddev_pop stddev_samp stddev var_pop var_samp
    variance create_time_series
"""


def test_each_documented_function_is_there() -> None:
    assert set(DOCUMENTED.split()) <= set(SCALAR_FUNCTIONS)
    assert set(DOCUMENTED_AGGREGATES.split()) <= set(AGGREGATES)


def test_no_function_of_duckdb_is_defined_twice_or_hides_one_of_its_own() -> None:
    heads = [re.match(r"CREATE OR REPLACE MACRO (ts_\w+)\(", macro) for macro in MACROS]
    names = [head[1] for head in heads if head] + [scalar.name for scalar in SCALARS]
    assert len(names) == len(MACROS) + len(SCALARS)
    assert len(set(names)) == len(names)
    assert all(name.startswith("ts_") for name in names)

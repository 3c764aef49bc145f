"""A missing argument makes a result missing, whichever argument it is."""

from __future__ import annotations

import pytest

from lab_utils.local_aws.timestream.query.functions import SCALAR_FUNCTIONS
from tests.unit.local_aws.timestream.query.functions.answers import value

TIME, DAY, ARRAY = "TIMESTAMP '2022-06-17 10:15:20'", "DATE '2022-06-17'", "ARRAY[6,8,2]"
ARRAYS = "array(integer)"
CALLS = {
    "bin": (TIME, "1d"),
    "date": (TIME,),
    "date_add": ("'day'", "1", TIME),
    "date_diff": ("'day'", TIME, TIME),
    "date_format": (TIME, "'%Y'"),
    "date_parse": ("'2022'", "'%Y'"),
    "date_trunc": ("'day'", TIME),
    "format_datetime": (TIME, "'yyyy'"),
    "from_iso8601_date": ("'2022-06-17'",),
    "from_iso8601_timestamp": ("'2022-06-17'",),
    "from_milliseconds": ("1",),
    "from_nanoseconds": ("1",),
    "from_unixtime": ("1",),
    "last_day_of_month": (DAY,),
    "parse_datetime": ("'2022'", "'yyyy'"),
    "parse_duration": ("lower('1d')",),
    "to_iso8601": (TIME,),
    "to_milliseconds": (TIME,),
    "to_nanoseconds": (TIME,),
    "to_unixtime": (TIME,),
    "chr": ("65",),
    "codepoint": ("'a'",),
    "concat": ("'a'", "'b'"),
    "hamming_distance": ("'a'", "'b'"),
    "length": ("'a'",),
    "levenshtein_distance": ("'a'", "'b'"),
    "lower": ("'A'",),
    "lpad": ("'a'", "3", "'x'"),
    "ltrim": ("' a'",),
    "replace": ("'abc'", "'b'", "'x'"),
    "reverse": ("'abc'",),
    "rpad": ("'a'", "3", "'x'"),
    "rtrim": ("'a '",),
    "split": ("'a,b'", "','", "1"),
    "split_part": ("'a,b'", "','", "1"),
    "strpos": ("'abab'", "'a'", "2"),
    "strrpos": ("'abab'", "'a'", "2"),
    "substr": ("'abc'", "1", "2"),
    "substring": ("'abc'", "2"),
    "translate": ("'abc'", "'a'", "'x'"),
    "trim": ("' a '",),
    "upper": ("'a'",),
    "abs": ("-1",),
    "acos": ("1",),
    "asin": ("1",),
    "atan": ("1",),
    "atan2": ("1", "1"),
    "cbrt": ("8",),
    "ceil": ("1.5",),
    "ceiling": ("1.5",),
    "cos": ("1",),
    "cosh": ("1",),
    "degrees": ("1",),
    "exp": ("1",),
    "floor": ("1.5",),
    "from_base": ("'ff'", "16"),
    "is_finite": ("1",),
    "is_infinite": ("1",),
    "is_nan": ("1",),
    "ln": ("1",),
    "log": ("2", "8"),
    "log10": ("1",),
    "log2": ("1",),
    "mod": ("7", "3"),
    "pow": ("2", "3"),
    "power": ("2", "3"),
    "radians": ("1",),
    "round": ("1.5", "1"),
    "sign": ("1.5",),
    "sin": ("1",),
    "sqrt": ("1",),
    "tan": ("1",),
    "tanh": ("1",),
    "to_base": ("255", "16"),
    "truncate": ("1.5",),
    "width_bucket": ("3", "1", "5", "4"),
    "bit_count": ("19", "8"),
    "bitwise_and": ("12", "7"),
    "bitwise_left_shift": ("12", "7"),
    "bitwise_not": ("12",),
    "bitwise_or": ("12", "7"),
    "bitwise_right_shift": ("12", "7"),
    "bitwise_right_shift_arithmetic": ("12", "7"),
    "bitwise_xor": ("12", "7"),
    "array_distinct": (ARRAY,),
    "array_except": (ARRAY, ARRAY),
    "array_intersect": (ARRAY, ARRAY),
    "array_join": (ARRAY, "','"),
    "array_max": (ARRAY,),
    "array_min": (ARRAY,),
    "array_position": (ARRAY, "2"),
    "array_remove": (ARRAY, "2"),
    "array_sort": (ARRAY,),
    "array_union": (ARRAY, ARRAY),
    "arrays_overlap": (ARRAY, ARRAY),
    "cardinality": (ARRAY,),
    "combinations": (ARRAY, "2"),
    "contains": (ARRAY, "2"),
    "element_at": (ARRAY, "2"),
    "flatten": (f"ARRAY[{ARRAY}]",),
    "ngrams": (ARRAY, "2"),
    "sequence": ("1", "3", "1"),
    "shuffle": (ARRAY,),
    "slice": (ARRAY, "1", "2"),
    "zip": (ARRAY, ARRAY),
    "greatest": ("1", "2"),
    "least": ("1", "2"),
    "regexp_extract": ("'a'", "'a'", "0"),
    "regexp_extract_all": ("'a'", "'a'", "0"),
    "regexp_like": ("'a'", "'a'"),
    "regexp_replace": ("'a'", "'a'", "'b'"),
    "regexp_split": ("'a'", "'a'"),
}
# Null is an element like others, the fill value is for what is missing, the rest is in the
# tests of their kind.
ELSEWHERE = {
    *("repeat", "random", "rand", "ago", "e", "pi", "nan", "infinity"),
    *("localtime", "localtimestamp", "current_date", "current_time", "current_timezone"),
    *("year", "quarter", "month", "week", "week_of_year", "year_of_week", "yow", "day"),
    *("day_of_month", "day_of_week", "dow", "day_of_year", "doy", "hour", "minute", "second"),
    *("millisecond", "nanosecond", "random"),
    *("all_match", "any_match", "none_match", "filter", "reduce", "transform", "zip_with"),
    *("interpolate_linear", "interpolate_spline_cubic", "interpolate_locf", "interpolate_fill"),
    *("derivative_linear", "non_negative_derivative_linear", "integral_trapezoidal"),
    *("correlate_pearson", "correlate_spearman"),
}
# Their arguments' types decide what they do, and a null has none.
NEED_A_TYPE = {("array_join", 0), ("array_sort", 0), ("zip", 0), ("zip", 1)}
PLACES = [(name, place) for name, given in CALLS.items() for place in range(len(given))]


def test_each_function_of_the_catalogue_is_tried() -> None:
    assert set(SCALAR_FUNCTIONS) == set(CALLS) | ELSEWHERE


@pytest.mark.parametrize("name", CALLS)
def test_with_all_arguments_there_is_a_result(name: str) -> None:
    assert value(f"{name}({', '.join(CALLS[name])})") is not None


@pytest.mark.parametrize(("name", "place"), PLACES)
def test_without_one_argument_there_is_none(name: str, place: int) -> None:
    given = list(CALLS[name])
    given[place] = f"CAST(NULL AS {ARRAYS})" if (name, place) in NEED_A_TYPE else "NULL"
    assert value(f"{name}({', '.join(given)})") is None


@pytest.mark.parametrize(("name", "place"), PLACES)
def test_it_is_the_same_where_the_argument_comes_from_a_row(name: str, place: int) -> None:
    given = list(CALLS[name])
    row = f"FROM (VALUES {given[place]}, NULL) AS t(c) WHERE t.c IS NULL"
    given[place] = "t.c"
    assert value(f"{name}({', '.join(given)}) {row}") is None

from __future__ import annotations

from decimal import Decimal

import pytest

from lab_utils.local_aws.rules.actions.timestream import measure
from lab_utils.local_aws.rules.roles import ActionFailedError


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (Decimal("1E-320"), ("DOUBLE", 1e-320)),
        (Decimal("5E-12"), ("DOUBLE", 5e-12)),
        (Decimal("1E+3"), ("BIGINT", 1000)),
        (Decimal("-9.2E+18"), ("BIGINT", -9_200_000_000_000_000_000)),
    ],
    ids=str,
)
def test_a_number_with_an_exponent_has_the_type_of_its_digits(
    number: Decimal, expected: tuple[str, float]
) -> None:
    assert measure("m", number) == expected


@pytest.mark.parametrize("number", [Decimal("1E+308"), Decimal("1E+999"), 10**30], ids=str)
def test_a_whole_number_beyond_a_bigint_is_refused_in_words(number: Decimal | int) -> None:
    with pytest.raises(ActionFailedError, match="out of the range of a bigint"):
        measure("m", number)

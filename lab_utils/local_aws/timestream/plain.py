"""The moments that are stored without a look at each record: nearly all that rules send."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence

from lab_utils.local_aws.timestream.catalog import Table
from lab_utils.local_aws.timestream.forms import dimensions_of, named_form
from lab_utils.local_aws.timestream.frames import Array, frame_of_moments
from lab_utils.local_aws.timestream.growth import Growth
from lab_utils.local_aws.timestream.limits import (
    LARGEST_SERIES_BYTES,
    scalar_problem,
)
from lab_utils.local_aws.timestream.records import Moment, Shape
from lab_utils.local_aws.timestream.retention import FUTURE_NS, window_of
from lab_utils.local_aws.timestream.submissions import Submission
from lab_utils.local_aws.timestream.times import TimeRanges


class PlainMoments:
    """One transaction's moments that fit into a table as it is, and whose keys are new.

    Each record of such a moment is stored, whatever comes before or after it; so none has to be
    compared with others.

    Args:
        table: The table.
        times: From when to when its records are.
        group: All that the transaction has for the table.
    """

    def __init__(self, table: Table, times: TimeRanges, group: Sequence[Submission]) -> None:
        self._table = table
        self._times = times
        self._growth = Growth(table)
        self._memory_ns = -window_of(table, 0).memory_ns
        self._fitting: dict[Shape, bool] = {}
        self._moments: defaultdict[Shape, list[Moment]] = defaultdict(list)
        if any(isinstance(s.records, Moment) for s in group):
            self._keys = Counter(key for s in group for key in _keys(s))

    def take(self, submission: Submission) -> bool:
        """Take a submission and return True, if it is a plain moment."""
        moment = submission.records
        if not isinstance(moment, Moment) or not self._is_plain(moment, submission.now_ns):
            return False
        self._moments[moment.shape].append(moment)
        return True

    def frames(self) -> Iterator[dict[str, Array]]:
        """Yield the columns of the rows to be inserted."""
        for shape, moments in self._moments.items():
            yield frame_of_moments(shape, moments)

    def times_ns(self) -> Iterator[int]:
        """Yield the times that were taken."""
        return (m.time_ns for moments in self._moments.values() for m in moments)

    def _is_plain(self, moment: Moment, now_ns: int) -> bool:
        time_ns = moment.time_ns
        return (
            now_ns - self._memory_ns <= time_ns < now_ns + FUTURE_NS
            and not self._times.may_hold(self._table, time_ns)
            and self._keys[(moment.dimensions, time_ns)] == 1
            and self._fits(moment.shape)
            and (_is_short(moment) or dimensions_of(moment.dimensions).problem is None)
            and not any(map(scalar_problem, moment.shape.types, moment.values))
        )

    def _fits(self, shape: Shape) -> bool:
        known = self._fitting.get(shape)
        if known is None:
            forms = [
                named_form(shape.dimensions, name, measure_type)
                for name, measure_type in zip(shape.measures, shape.types, strict=True)
            ]
            known = all(not form.problem and self._growth.is_known(form) for form in forms)
            self._fitting[shape] = known
        return known


def _is_short(moment: Moment) -> bool:
    """Return whether the dimensions' texts are within every limit for sure."""
    text = "".join(moment.shape.dimensions + moment.dimension_values)
    return text.isascii() and len(text) <= LARGEST_SERIES_BYTES


def _keys(submission: Submission) -> Iterable[Hashable]:
    """Return the keys of a submission's records, but for their measures."""
    records = submission.records
    if isinstance(records, Moment):
        return ((records.dimensions, records.time_ns),)
    return {(record.dimensions, record.time_ns) for record in records}

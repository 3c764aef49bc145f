"""Times as matplotlib counts them: days since 1970, in UTC."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
from matplotlib.dates import date2num

Numbers = np.ndarray[tuple[int], np.dtype[np.float64]]


def day_of(time: datetime) -> float:
    """Return a time in days; a pandas Timestamp is one too."""
    return float(date2num(time))  # type: ignore[no-untyped-call]  # matplotlib's dates have no types


def days_of(times: pd.Series[pd.Timestamp]) -> Numbers:
    """Return the times of a column in days."""
    days: Numbers = date2num(times.to_numpy())  # type: ignore[no-untyped-call]
    return days

"""The figures of the house: each function draws into an Axes and returns it.

No function changes matplotlib's settings; colours can be told apart by colour-blind readers, and
rooms also by their lines and labels, so that a print in grey can be read.
"""

from lab_utils.plots.ac_bands import plot_ac_bands
from lab_utils.plots.decisions import plot_decisions
from lab_utils.plots.floor_plan import plot_floor_plan
from lab_utils.plots.invalid import plot_invalid
from lab_utils.plots.temperatures import plot_temperatures
from lab_utils.plots.zone_means import plot_zone_means

__all__ = [
    "plot_ac_bands",
    "plot_decisions",
    "plot_floor_plan",
    "plot_invalid",
    "plot_temperatures",
    "plot_zone_means",
]

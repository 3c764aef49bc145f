"""The part of a Lab that shows the dashboard page."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable

from lab_utils.dashboard.process import Dashboard
from lab_utils.settings import Settings


class DashboardLab(ABC):
    """Starts the page, one for each lab."""

    settings: Settings
    _report: Callable[[str], None]
    _dashboard: Dashboard | None = None

    def dashboard(self, port: int | None = None) -> Dashboard:
        """Return the dashboard page, served from now on by a process of its own.

        In JupyterLab it is shown below the cell, and by its address in any browser of this
        machine; a batch run prints the address. It ends with the notebook, or by ``stop()``. One
        that runs already is returned again.

        Args:
            port: The port that is insisted upon; by default 5006, or any other if that is taken.

        Raises:
            DashboardError: The port is taken, or the page cannot be served.
        """
        running = self._dashboard
        if running is None or not running.is_running:
            running = self._dashboard = Dashboard(self.settings, port, self._report)
        return running

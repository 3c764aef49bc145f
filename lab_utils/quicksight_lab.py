"""The part of a Lab that deals with Amazon QuickSight."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from lab_utils.quicksight.quicksight import QuickSight
from lab_utils.settings import Settings


class QuickSightLab(ABC):
    """Hands out QuickSight, which only a real account has."""

    settings: Settings
    _report: Callable[[str], None]

    @abstractmethod
    def client(self, service: str) -> Any:
        """Return the boto3 client of a service."""

    @property
    def quicksight(self) -> QuickSight:
        """The practical's dashboard in Amazon QuickSight: its cost first of all."""
        return QuickSight(self.settings, self.client, self._report)

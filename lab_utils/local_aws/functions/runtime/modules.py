"""What a function can import: its package, the standard library and the AWS SDK, as on Lambda."""

from __future__ import annotations

import importlib.machinery
from collections.abc import Mapping, Sequence
from types import ModuleType


class SdkFinder:
    """Finds the packages that Lambda's runtime brings along, and nothing beside them.

    It stands last on ``sys.meta_path``, so a copy in the function's own package wins.

    Args:
        folders: Each package's name and the folder that it is in.
    """

    def __init__(self, folders: Mapping[str, str]) -> None:
        self._folders = folders

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return where a package of the runtime is, or None."""
        if path is not None or name not in self._folders:
            return None
        return importlib.machinery.PathFinder.find_spec(name, [self._folders[name]], target)

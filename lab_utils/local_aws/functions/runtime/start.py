"""Starts a function's process: ``python -I -S start.py SETUP``, where SETUP is JSON.

The folder of this file is loaded as a package of another name, so that nothing of the lab can be
imported by a function.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys

_PACKAGE = "_lab_lambda_runtime"


def main() -> None:
    """Become a function's process."""
    folder = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - no pathlib here
    place = os.path.join(folder, "__init__.py")  # noqa: PTH118
    spec = importlib.util.spec_from_file_location(
        _PACKAGE, place, submodule_search_locations=[folder]
    )
    assert spec is not None
    sys.modules[_PACKAGE] = importlib.util.module_from_spec(spec)
    loop = importlib.import_module(f"{_PACKAGE}.loop")
    loop.Runtime(json.loads(sys.argv[1])).run()


if __name__ == "__main__":
    main()

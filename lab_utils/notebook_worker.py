"""Runs papermill in this process: ``python notebook_worker.py IN OUT ...``.

It is papermill's own command line. Before that it hides a package that the validator of
notebooks would load to check internationalised URIs: loading takes over a second, for each
notebook of a batch, and no notebook holds a field of that kind.
"""

from __future__ import annotations

import importlib
import sys
from typing import cast

_SLOW = "rfc3987_syntax"


def main() -> None:
    """Run papermill with the arguments of this process."""
    # Python refuses to import what stands here as None, and jsonschema does without.
    cast("dict[str, object]", sys.modules)[_SLOW] = None
    importlib.import_module("papermill.__main__").papermill()


if __name__ == "__main__":
    main()

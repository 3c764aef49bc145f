"""What a worker process of the local cluster loads at its start."""

from __future__ import annotations

import signal


def dask_setup(_worker: object) -> None:
    """Leave Ctrl-C to the process that started the workers: it ends them.

    A terminal sends it to all at once, and each would print where it was interrupted. A handler is
    set, not ``SIG_IGN``: that would be inherited by all that the worker starts.
    """
    signal.signal(signal.SIGINT, lambda _number, _frame: None)

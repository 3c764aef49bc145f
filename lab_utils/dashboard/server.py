"""The dashboard's server: loopback only, one feed for all pages, no request to anywhere else."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from typing import Any

import panel as pn
from bokeh.settings import settings as bokeh_settings

from lab_utils.dashboard.endpoint import find_endpoint
from lab_utils.dashboard.feed import Feed
from lab_utils.dashboard.page import open_page
from lab_utils.dashboard.queries import readings_sql, since, since_whole, zone_means_sql
from lab_utils.dashboard.reader import Reader
from lab_utils.dashboard.told import About
from lab_utils.errors import DashboardError
from lab_utils.settings import Settings

HOST, PORT = "127.0.0.1", 5006
TITLE = "The house, live"
_SHOWN_MINUTES = 15
_END_S = 0.5
"""How long a look that hangs may delay the end."""
_AWS_COST = (
    "Each look asks Timestream two queries; they are billed as at least 4 compute units for 30 s. "
    "With a look a minute that is 2 TCU-hours for each hour that a page is open and visible, "
    "about one US dollar. Hidden and paused pages ask nothing."
)


def serve(settings: Settings, port: int | None, report: Callable[[str], None]) -> None:
    """Serve the page until the process is told to end.

    Args:
        settings: The target that the page shows.
        port: The port that is insisted upon; by default 5006, or any other if that is taken.
        report: Takes the page's address once it can be opened, then what a reader should know.

    Raises:
        DashboardError: The port is taken.
        TargetError: The account of real AWS cannot be used.
    """
    reader = Reader(find_endpoint(settings, report))
    feed, chosen = Feed(reader), choose_port(port)
    about = About(
        reader.where,
        reader.interval_s,
        "" if settings.is_local else _AWS_COST,
        (
            ("the readings", readings_sql(since(_SHOWN_MINUTES))),
            ("the means", zone_means_sql(since_whole(_SHOWN_MINUTES))),
        ),
    )

    def page() -> Any:  # Panel takes a function only, no partial one.
        return open_page(feed, about)

    server = _new_server(page, chosen)
    feed.start()
    server.start()
    report(f"http://{HOST}:{chosen}/")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server.io_loop.start()
    except KeyboardInterrupt:  # Ctrl-C, or a request to end: its proper end.
        server.stop()
    finally:
        feed.close(_END_S)


def _new_server(page: Callable[[], Any], port: int) -> Any:
    bokeh_settings.resources = "server"  # Never from a network of content delivery.
    origins = [f"{name}:{port}" for name in (HOST, "localhost")]
    return pn.io.server.get_server(
        page, port=port, address=HOST, websocket_origin=origins, title=TITLE, show=False,
        start=False,
    )  # fmt: skip


def choose_port(port: int | None) -> int:
    """Return a free port of the loopback interface.

    Args:
        port: The one that is insisted upon; None for 5006 or any other.

    Raises:
        DashboardError: It is taken.
    """
    for wanted in (PORT if port is None else port, 0):
        try:
            with socket.create_server((HOST, wanted)) as probe:
                return int(probe.getsockname()[1])
        except OSError as error:
            if port is not None:
                raise DashboardError(
                    f"serve the dashboard on the port {port}",
                    f"The system says: {error.strerror or error}.",
                    "choose another with --port, or leave it out to have a free one chosen.",
                ) from error
    raise AssertionError("the system has no free port")

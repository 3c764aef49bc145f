"""One open page: its controls, its figures, and the texts that its script writes into the HTML."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import asdict
from functools import partial
from importlib.resources import files
from typing import Any

import panel as pn
from bokeh.document import Document
from bokeh.events import DocumentReady
from bokeh.models import ColumnDataSource, CustomJS
from panel.io.resources import LOCAL_DIST

from lab_utils.dashboard.colours import DARK, LIGHT, zone_colours
from lab_utils.dashboard.feed import Feed
from lab_utils.dashboard.figures import MeansFigure, RoomsFigure
from lab_utils.dashboard.told import About, told
from lab_utils.dashboard.view import ALL_ZONES, WINDOWS, View, view_of

_FIRST_WINDOW = 15
_STYLE = (files(__package__) / "widgets.css").read_text(encoding="utf-8")


class Page:
    """Shows a feed in one browser tab.

    Args:
        feed: What all pages share.
        about: What does not change while the page is open.
        document: Bokeh's, of this tab.
    """

    def __init__(self, feed: Feed, about: About, document: Document) -> None:
        self._feed, self._about, self._document = feed, about, document
        self.rooms, self.means = RoomsFigure(), MeansFigure()
        zone, minutes = _asked(document)
        self.zone = pn.widgets.Select(
            name="Zone", options=_zone_options((), zone), value=zone, stylesheets=[_STYLE]
        )
        self.window = pn.widgets.RadioBoxGroup(
            options={f"{minutes} min": minutes for minutes in WINDOWS},
            value=minutes,
            inline=True,
            stylesheets=[_STYLE],
        )
        self.pause = pn.widgets.CheckBoxGroup(options=["Pause"], stylesheets=[_STYLE])
        self.texts = ColumnDataSource({"json": ["{}"]})
        self.reader = ColumnDataSource({"is_dark": [False], "is_hidden": [False]})
        # What hangs on a figure is sent with it, and kept equal on both sides.
        self.rooms.plot.tags = [self.texts, self.reader]
        self._loop = asyncio.get_running_loop()
        self._shown, self._was_there = feed.state, False
        self._watch = feed.watch(self._on_state)
        for control in (self.zone, self.window, self.pause):
            control.param.watch(lambda _event: self._on_choice(), "value")
        self.reader.on_change("data", lambda _name, _old, _new: self._on_reader())

    def open(self) -> pn.Template:
        """Return the page, which asks for data from now on."""
        page = pn.Template(_template())
        page.add_panel("zone", self.zone)
        page.add_panel("window", self.window)
        page.add_panel("pause", self.pause)
        page.add_panel("rooms", pn.pane.Bokeh(self.rooms.plot, sizing_mode="stretch_width"))
        page.add_panel("means", pn.pane.Bokeh(self.means.plot, sizing_mode="stretch_width"))
        for name in ("page.css", "page.js"):
            page.add_variable(
                name.replace(".", "_"), (files(__package__) / name).read_text("utf-8")
            )
        page.add_variable("about", asdict(self._about))
        page.add_variable("colours", [zone_colours(scheme) for scheme in (LIGHT, DARK)])
        ready = CustomJS(
            args={"texts": self.texts, "reader": self.reader},
            code="window.labPage.attach(texts, reader)",
        )
        self._document.js_on_event(DocumentReady, ready)
        self._document.on_event(DocumentReady, lambda _event: self._on_ready())
        self._show()
        self._want()
        return page

    def close(self) -> None:
        """End it: the tab is gone."""
        self._watch.close()

    def _on_state(self) -> None:
        """Show a new state soon: this is the feed's thread, and a document has its own."""
        self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._document.add_next_tick_callback(self._on_tick)

    def _on_tick(self) -> None:
        if self._is_left():
            self._watch.want(0)
        elif self._feed.state is not self._shown and not self.pause.value:
            self._show()

    def _on_ready(self) -> None:
        """Take that the tab is there, and has what the page knew when it was made."""
        self._was_there = True
        self._want()
        self._show()

    def _is_left(self) -> bool:
        """Return whether the tab was there, and is closed: its session lives on for a while."""
        context: Any = self._document.session_context
        return self._was_there and context.session.connection_count == 0

    def _on_choice(self) -> None:
        self._want()
        self._show(is_new=not self.pause.value)

    def _on_reader(self) -> None:
        """Take what the browser tells: its colours, and whether anybody can see the page."""
        scheme = DARK if self.reader.data["is_dark"][0] else LIGHT
        if scheme is not self.rooms.scheme:
            self.rooms.paint(scheme)
            self.means.paint(scheme)
            self._show(is_new=False)
        self._want()

    def _want(self) -> None:
        is_idle = self.pause.value or self.reader.data["is_hidden"][0]
        self._watch.want(0 if is_idle else self.window.value)

    def _show(self, *, is_new: bool = True) -> None:
        if is_new:
            self._shown = self._feed.state
        snapshot = self._shown.snapshot
        view = None
        if snapshot is not None:
            view = view_of(snapshot, self.zone.value, self.window.value)
            self._offer_zones(view)
            self.rooms.update(view)
            self.means.update(view)
        is_paused = bool(self.pause.value)
        content = told(self._shown, view, self.window.value, is_paused, self._about)
        content["choice"] = {"zone": self.zone.value, "window": self.window.value}
        self.texts.data = {"json": [json.dumps(content)]}

    def _offer_zones(self, view: View) -> None:
        options = _zone_options(view.zones, self.zone.value)
        if options != self.zone.options:
            self.zone.options = options


def _asked(document: Document) -> tuple[int, int]:
    """Return the zone and the window that the page's address asks for, as ``?zone=1&window=5``."""
    context: Any = document.session_context
    asked = {} if context is None else context.request.arguments
    texts = [asked.get(name, [b""])[0].decode("ascii", "replace") for name in ("zone", "window")]
    zone, minutes = (int(text) if text.isdecimal() else 0 for text in texts)
    return zone, minutes if minutes in WINDOWS else _FIRST_WINDOW


def _zone_options(zones: Iterable[int], chosen: int) -> dict[str, int]:
    """Return the choices: all zones, those that there are, and the one that is chosen anyway."""
    numbers = sorted({ALL_ZONES, *zones, chosen})
    return {f"zone {zone}" if zone else "all zones": zone for zone in numbers}


def _template() -> str:
    return (files(__package__) / "page.html").read_text(encoding="utf-8")


def open_page(feed: Feed, about: About) -> pn.Template:
    """Return the page of a tab that was opened just now."""
    document = pn.state.curdoc
    # Panel knows this once it has written a page, but a slow browser may ask for its session anew;
    # without it the style sheets would come from a network of content delivery.
    document.template_variables["dist_url"] = LOCAL_DIST
    page: Any = Page(feed, about, document)
    document.on_session_destroyed(partial(_close, page))
    return page.open()


def _close(page: Page, _context: Any) -> None:
    page.close()

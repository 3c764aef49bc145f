"""The dashboard in a browser, while the house runs."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from lab_utils import Lab
from lab_utils.dashboard.process import Dashboard
from lab_utils.embedded import local_control
from lab_utils.settings import CHECKOUT
from lab_utils.workspace import seed_workspace
from tests.browser.tabs import PHONE, Tab, Tabs
from tests.integration.test_lab_session import write_solutions
from tests.integration.things import wait_until

WHITE, NEARLY_BLACK = "255,255,255,255", "27,29,33,255"
SENSORS = ["temp_1", "temp_2", "temp_3", "temp_4"]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab with parts 1 to 4, in which the house runs."""
    workspace = tmp_path_factory.mktemp("dashboard") / "maison d'été"
    seed_workspace(CHECKOUT, workspace)
    write_solutions(workspace / "terraform", 4)
    lab = Lab(target="local", workspace=workspace, speed=60, report=lambda _line: None)
    lab.apply()
    lab.package_lambda()
    lab.deploy_lambda()
    house = run_house(workspace)
    yield lab
    house.kill()
    house.wait()
    local_control().stop(lab.settings)


def run_house(workspace: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "lab_utils.cli", "--workspace", str(workspace), "simulate"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def dashboard(lab: Lab) -> Iterator[Dashboard]:
    dashboard = lab.dashboard()
    yield dashboard
    dashboard.stop()


@pytest.fixture
def tab(dashboard: Dashboard, tabs: Tabs) -> Tab:
    return live(tabs, dashboard.url)


def live(tabs: Tabs, url: str, **options: Any) -> Tab:
    """Open the page, and wait for the first readings."""
    tab = tabs.open(url, **options)
    tab.status("live")
    return tab


def first_column(tab: Tab, name: str) -> list[str]:
    return [
        text.strip() for text in tab.page.locator(f"#{name}-table td:first-child").all_inner_texts()
    ]


def test_readings_means_decisions_and_invalid_readings_arrive_by_themselves(tab: Tab) -> None:
    page = tab.page
    expect(page.locator("#rooms-table tbody tr")).to_have_count(4)
    assert first_column(tab, "rooms") == SENSORS
    expect(page.locator("#lambda-table")).to_contain_text("zone 1: mean")
    expect(page.locator("#zones-table tbody tr")).to_have_count(2)
    expect(page.locator("#invalid-says")).to_contain_text("invalid reading")
    expect(page.locator("#speed")).to_have_text(re.compile("60 . real time"))
    before = page.inner_text("#rooms-table"), page.inner_text("#lab-time")
    tab.look(2)
    after = page.inner_text("#rooms-table"), page.inner_text("#lab-time")
    assert before[0] != after[0]
    assert before[1] < after[1]
    tab.is_clean()


def test_each_figure_is_told_in_words_and_its_canvas_is_drawn(tab: Tab) -> None:
    page = tab.page
    for title, name in (("Temperature of each room", "rooms"), ("Mean of each zone", "zones")):
        figure = page.get_by_role("img", name=title)
        expect(figure).to_be_visible()
        assert figure.get_attribute("aria-describedby") == f"{name}-says"
        assert "°C" in page.inner_text(f"#{name}-says")
    colours = tab.evaluate_deep(
        """return all.filter((one) => one.tagName === "CANVAS" && one.width > 0).map((one) => {
          const seen = new Set(), data = one.getContext("2d")
            .getImageData(0, 0, one.width, one.height).data;
          for (let i = 0; i < data.length; i += 4) seen.add(data.slice(i, i + 3).join());
          return ["213,94,0", "0,90,156"].every((zone) => seen.has(zone));
        });"""
    )
    assert any(colours), "no canvas shows the colours of both zones"


def test_a_refresh_changes_what_differs_and_nothing_else(tab: Tab) -> None:
    page = tab.page
    page.set_viewport_size({"width": 1280, "height": 500})
    page.get_by_role("radio", name="5 min", exact=True).check()
    page.get_by_role("radio", name="5 min", exact=True).focus()
    tab.look()
    page.evaluate("window.scrollTo(0, 400)")
    tab.evaluate_deep(
        """window.kept = all.filter((one) => one.matches("canvas, select, input, tr, section, p"));
        window.added = 0;
        new MutationObserver((changes) => { window.added += changes.length; }).observe(
          document.querySelector("#rooms-table"), {childList: true});
        getSelection().selectAllChildren(document.querySelector("#zones-title"));"""
    )
    tab.look(3)
    assert tab.evaluate_deep("return window.kept.filter((one) => !all.includes(one)).length;") == 0
    assert page.evaluate("[window.scrollY, window.added]") == [400, 0]
    assert page.evaluate("getSelection().toString()") == "Mean of each zone and minute"
    expect(page.get_by_role("radio", name="5 min", exact=True)).to_be_focused()
    tab.is_clean()


def test_a_zone_and_a_window_are_chosen_and_kept_in_the_address(tab: Tab) -> None:
    page = tab.page
    page.get_by_label("Zone", exact=True).select_option("zone 2")
    expect(page.locator("#rooms-table tbody tr")).to_have_count(2)
    assert first_column(tab, "rooms") == SENSORS[2:]
    expect(page.locator("#lambda-table")).not_to_contain_text("zone 1")
    page.get_by_role("radio", name="1 min", exact=True).check()
    expect(page.locator("#rooms-says")).to_contain_text("In the last lab minute 2 sensors")
    page.get_by_role("radio", name="60 min").check()
    expect(page.locator("#rooms-says")).to_contain_text("In the last 60 lab minutes 2 sensors")
    assert page.url.endswith("?zone=2&window=60")
    page.reload()
    tab.status("live")
    expect(page.get_by_role("radio", name="60 min")).to_be_checked()
    assert first_column(tab, "rooms") == SENSORS[2:]
    tab.is_clean()


def test_a_paused_page_stands_still_while_another_one_goes_on_and_both_share_the_looks(
    dashboard: Dashboard, tabs: Tabs, tab: Tab
) -> None:
    other = live(tabs, dashboard.url)
    numbers = "document.getElementById('data').dataset.looks"
    other.look(2)
    difference = int(tab.page.evaluate(numbers)) - int(other.page.evaluate(numbers))
    assert abs(difference) <= 1, "each tab has looks of its own"
    tab.page.get_by_role("checkbox", name="Pause").check()
    tab.status("paused")
    before = tab.page.inner_text("#data")
    other.look(3)
    assert tab.page.inner_text("#data") == before
    expect(tab.page.locator("#notice")).to_contain_text("Paused. The data below are")
    tab.page.get_by_role("checkbox", name="Pause").uncheck()
    tab.status("live")
    tab.look()
    for one in (tab, other):
        one.is_clean()


def test_on_a_phone_nothing_is_wider_than_the_screen_and_all_controls_are_in_reach(
    dashboard: Dashboard, tabs: Tabs
) -> None:
    tab = live(tabs, dashboard.url, size=PHONE)
    tab.look()
    assert tab.overflow_px() <= 0
    assert (
        tab.evaluate_deep(
            "return all.filter((one) => one.getBoundingClientRect().right > 361).length;"
        )
        == 0
    )
    radios = tab.page.get_by_role("radio").all()
    pause = tab.page.get_by_role("checkbox", name="Pause")
    for control in (*radios, pause, tab.page.get_by_label("Zone", exact=True)):
        box = control.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE[0]
    tab.is_clean()


def test_the_keyboard_alone_reaches_and_works_every_control(tab: Tab) -> None:
    page = tab.page
    page.keyboard.press("Tab")
    expect(page.get_by_label("Zone", exact=True)).to_be_focused()
    assert focus_outline(tab) == "solid"
    page.keyboard.type("zone 1")
    expect(page.locator("#rooms-table tbody tr")).to_have_count(2)
    page.keyboard.press("Tab")
    expect(page.get_by_role("radio", name="15 min")).to_be_focused()
    page.keyboard.press("ArrowRight")
    assert focus_outline(tab) == "solid"
    expect(page.locator("#rooms-says")).to_contain_text("the last 60 lab minutes")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    tab.status("paused")
    page.keyboard.press("Space")
    tab.status("live")
    page.keyboard.press("Tab")
    assert focus_outline(tab) == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_text("SELECT DISTINCT time").first).to_be_visible()
    group = page.get_by_role("group", name="Window, in lab minutes")
    assert group.get_by_role("radio").count() == 4
    tab.is_clean()


def focus_outline(tab: Tab) -> str:
    """Return the style of the outline around what has the focus."""
    style: str = tab.page.evaluate(
        """() => {
          let one = document.activeElement;
          while (one.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
          return getComputedStyle(one).outlineStyle;
        }"""
    )
    return style


def test_the_page_is_dark_where_the_reader_likes_it_so(tab: Tab) -> None:
    assert WHITE in grounds(tab)
    tab.page.emulate_media(color_scheme="dark")
    wait_until(lambda: NEARLY_BLACK in grounds(tab) and WHITE not in grounds(tab), "it is dark")
    tab.is_clean()


def grounds(tab: Tab) -> list[str]:
    """Return the colour of the first pixel of each canvas that is drawn on."""
    colours: list[str] = tab.evaluate_deep(
        """return all.filter((one) => one.tagName === "CANVAS" && one.width > 0).map((one) =>
          one.getContext("2d").getImageData(2, 2, 1, 1).data.join());"""
    )
    return colours


def test_when_the_page_s_process_is_gone_the_page_says_so_and_comes_back_with_it(
    lab: Lab, dashboard: Dashboard, tabs: Tabs
) -> None:
    tab = live(tabs, f"{dashboard.url}?zone=1&window=60")
    dashboard.stop()
    tab.status("lost")
    expect(tab.page.locator("#notice")).to_contain_text("process does not answer")
    again = lab.dashboard(int(dashboard.url.rstrip("/").rpartition(":")[2]))
    try:
        tab.status("live")
        assert first_column(tab, "rooms") == SENSORS[:2]
    finally:
        again.stop()
    assert tab.outside == []

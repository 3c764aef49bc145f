"""The dashboard without data, without its endpoint, and with both again."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from lab_utils.dashboard.process import Dashboard
from lab_utils.embedded import local_control
from lab_utils.local_aws.session_file import Session
from lab_utils.settings import Settings, read_settings
from tests.browser.tabs import PHONE, Tabs
from tests.integration.conftest import client_of


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    settings = read_settings(workspace=tmp_path_factory.mktemp("outages"), environ={})
    yield settings
    local_control().stop(settings)


@pytest.fixture(scope="module")
def dashboard(settings: Settings) -> Iterator[Dashboard]:
    dashboard = Dashboard(settings, None, print)
    yield dashboard
    dashboard.stop()


def make_table(session: Session, *, with_table: bool = True) -> Any:
    """Return the client of a Timestream that has the practical's database, and its table."""
    writer = client_of(session, "timestream-write")
    writer.create_database(DatabaseName="iot")
    if with_table:
        writer.create_table(DatabaseName="iot", TableName="temperaturesensor")
    return writer


def write(writer: Any, temperature_c: float, **more: str) -> None:
    """Write a reading as the topic rule does."""
    named = {"sensor_id": "1", "temperature": str(temperature_c), **more}
    record = {"MeasureName": "temperature", "MeasureValue": str(temperature_c)}
    writer.write_records(
        DatabaseName="iot",
        TableName="temperaturesensor",
        CommonAttributes={
            "Dimensions": [{"Name": name, "Value": value} for name, value in named.items()],
            "MeasureValueType": "DOUBLE",
            "Time": str(time.time_ns() // 1_000_000),
        },
        Records=[record],
    )


def test_before_there_are_data_the_page_says_which_part_makes_them(
    settings: Settings, dashboard: Dashboard, tabs: Tabs
) -> None:
    tab = tabs.open(dashboard.url, size=PHONE)
    says = tab.page.locator("#rooms-says")
    tab.status("gone")
    expect(tab.page.locator("#notice")).to_contain_text("lab start")
    writer = make_table(local_control().start(settings), with_table=False)
    tab.status("lacking")
    expect(says).to_contain_text('There is no Timestream table "temperaturesensor"')
    expect(says).to_contain_text("Part 3 makes it")
    for name, part in (("lambda", "Part 4 makes it"), ("invalid", "Part 2 makes it")):
        expect(tab.page.locator(f"#{name}-says")).to_contain_text(part)
    assert tab.page.get_by_role("img").count() == 0
    assert tab.overflow_px() <= 0
    writer.create_table(DatabaseName="iot", TableName="temperaturesensor")
    expect(says).to_contain_text("Nothing was ever written")
    write(writer, 21.5)
    expect(says).to_contain_text("have no dimension zone_id")
    write(writer, 22.5, zone_id="1")
    tab.status("live")
    expect(tab.page.locator("#rooms-table")).to_contain_text("22.5")
    expect(tab.page.get_by_role("img")).to_have_count(2)
    tab.is_clean()


def test_when_the_endpoint_goes_the_page_keeps_its_data_and_follows_it_wherever_it_comes_back(
    settings: Settings, dashboard: Dashboard, tabs: Tabs
) -> None:
    session = local_control().reset(settings)
    write(make_table(session), 22.5, zone_id="1")
    tab = tabs.open(dashboard.url)
    tab.status("live")
    local_control().stop(settings)
    tab.status("gone")
    tab.look(2)
    assert local_control().find(settings) is None, "a page that only looks has started it"
    expect(tab.page.locator("#notice")).to_contain_text("The endpoint is gone since")
    expect(tab.page.locator("#notice")).to_contain_text("The data below are")
    expect(tab.page.locator("main.old #rooms-table")).to_contain_text("22.5")
    heard = tab.page.get_by_role("status")
    expect(heard).to_contain_text("endpoint gone")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    local_control().start(settings, http_port=port)
    tab.status("live")
    expect(heard).to_have_text("live")
    expect(tab.page.locator("#notice")).to_be_hidden()
    local_control().reset(settings)
    expect(tab.page.locator("#rooms-says")).to_contain_text("There is no Timestream database")
    expect(tab.page.locator("#rooms-table")).to_be_hidden()
    tab.is_clean()

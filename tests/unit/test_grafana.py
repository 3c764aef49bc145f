"""The Grafana dashboard: what Grafana needs to import it, and to draw it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from lab_utils.commands.grafana import grafana
from lab_utils.errors import LabError
from lab_utils.grafana import PLUGIN, grafana_dashboard, write_dashboard
from lab_utils.thresholds import INVALID_FROM_C, OFF_BELOW_C, ON_ABOVE_C

COLUMNS = 24
"""How many columns Grafana's grid has."""


@pytest.fixture
def dashboard(tmp_path: Path) -> dict[str, Any]:
    """The dashboard as it stands in its file."""
    read: dict[str, Any] = json.loads(write_dashboard(tmp_path / "house.json").read_text("utf-8"))
    return read


def test_every_question_goes_to_the_data_source_that_is_asked_for(
    dashboard: dict[str, Any],
) -> None:
    [asked] = dashboard["__inputs"]
    assert (asked["type"], asked["pluginId"]) == ("datasource", PLUGIN)
    source = {"type": PLUGIN, "uid": f"${{{asked['name']}}}"}
    [variable] = dashboard["templating"]["list"]
    targets = [target for panel in dashboard["panels"] for target in panel["targets"]]
    holders = [variable, *dashboard["panels"], *targets]
    assert all(holder["datasource"] == source for holder in holders)
    required = {(one["type"], one["id"]) for one in dashboard["__requires"]}
    kinds = {("panel", panel["type"]) for panel in dashboard["panels"]}
    assert required == {("grafana", "grafana"), ("datasource", PLUGIN), *kinds}


def test_panels_have_ids_of_their_own_and_do_not_overlap(dashboard: dict[str, Any]) -> None:
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) == 4
    cells = [
        (column, row)
        for place in (panel["gridPos"] for panel in panels)
        for column in range(place["x"], place["x"] + place["w"])
        for row in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(column for column, _row in cells) == COLUMNS - 1


def test_questions_are_within_the_time_and_the_zones_that_are_chosen(
    dashboard: dict[str, Any],
) -> None:
    for panel in dashboard["panels"]:
        [target] = panel["targets"]
        assert "$__timeFilter AND zone_id IN (${zone:singlequote})" in target["rawQuery"]
        assert "FROM $__database.$__table" in target["rawQuery"]
        assert (target["database"], target["table"]) == ('"iot"', '"temperaturesensor"')


def test_thresholds_are_lines(dashboard: dict[str, Any]) -> None:
    figures = [panel for panel in dashboard["panels"] if panel["type"] == "timeseries"]
    steps = []
    for figure in figures:
        defaults = figure["fieldConfig"]["defaults"]
        assert defaults["custom"]["thresholdsStyle"] == {"mode": "dashed"}
        assert defaults["unit"] == "celsius"
        steps.append([step["value"] for step in defaults["thresholds"]["steps"]])
    switching = [None, OFF_BELOW_C, ON_ABOVE_C]
    assert steps == [switching, [*switching, INVALID_FROM_C]]


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"No such file or directory(.|\n)*a folder that exists"):
        write_dashboard(tmp_path / "nowhere" / "house.json")


def test_the_command_writes_the_file_and_says_how_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "house.json"
    for as_json in (False, True):
        assert grafana(argparse.Namespace(file=str(path), json=as_json)) == 0
    assert json.loads(path.read_text("utf-8")) == grafana_dashboard()
    told, answer = capsys.readouterr().out.splitlines()
    assert f"add a data source of the plugin {PLUGIN}" in told
    assert json.loads(answer) == {"file": str(path), "plugin": PLUGIN}

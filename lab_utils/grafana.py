"""The house for Grafana: a dashboard for its Timestream plugin, with the dashboard page's SQL."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lab_utils.dashboard.queries import DATABASE, TABLE, readings_sql, zone_means_sql
from lab_utils.errors import LabError
from lab_utils.thresholds import INVALID_FROM_C, OFF_BELOW_C, ON_ABOVE_C

PLUGIN = "grafana-timestream-datasource"
_INPUT = "DS_TIMESTREAM"
_SOURCE = {"type": PLUGIN, "uid": f"${{{_INPUT}}}"}
_TABLE = "$__database.$__table"
"""The plugin's macros: it puts in what a panel, or the data source, has chosen."""
_ZONES = "zone_id IN (${zone:singlequote})"
_CELSIUS = "celsius"
_GREEN, _BLUE, _RED, _GREY = "green", "blue", "red", "#7f7f7f"

Part = dict[str, Any]


def grafana_dashboard() -> Part:
    """Return the dashboard as Grafana imports it (Dashboards > New > Import).

    Grafana asks for the Timestream data source when it is imported. Its variable ``zone`` chooses
    zones; the thresholds are lines in the figures.

    Source:
        https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
        https://github.com/grafana/timestream-datasource#macros
    """
    panels = [_readings_panel(1), _zones_panel(2), _means_panel(3), _temperatures_panel(4)]
    return {
        "__inputs": [
            {
                "name": _INPUT,
                "label": "Timestream",
                "description": "The Timestream of the account that has the house's readings",
                "type": "datasource",
                "pluginId": PLUGIN,
                "pluginName": "Amazon Timestream",
            }
        ],
        "__requires": _requirements(),
        "uid": "practical-aws-iot",
        "title": "Practical AWS IoT: the house",
        "description": "Temperatures of the house's rooms, and the means that switch its air "
        "conditioners",
        "tags": ["practical-aws-iot"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "time": {"from": "now-15m", "to": "now"},
        "timezone": "browser",
        "refresh": "5s",
        "templating": {"list": [_zone_variable()]},
        "annotations": {"list": []},
        "panels": panels,
    }


def write_dashboard(path: str | Path) -> Path:
    """Write the dashboard's JSON into a file, and return its path.

    Raises:
        LabError: The file cannot be written.
    """
    file = Path(path)
    text = json.dumps(grafana_dashboard(), indent=2, ensure_ascii=False) + "\n"
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise LabError(
            "write the Grafana dashboard",
            f"{file}: {error.strerror}.",
            "name a file in a folder that exists and that you may write to.",
        ) from error
    return file


def temperatures_sql() -> str:
    """Return the query of each sensor's temperatures, a time series a sensor."""
    readings = readings_sql(f"$__timeFilter AND {_ZONES}", _TABLE)
    return (
        "SELECT concat('temp_', sensor_id) AS sensor,\n"
        "       create_time_series(time, CAST(temperature AS DOUBLE)) AS temperature\n"
        f"FROM (\n{readings}\n)\nGROUP BY sensor_id\nORDER BY sensor_id"
    )


def means_sql() -> str:
    """Return the query of each zone's mean in each minute, a time series a zone."""
    means = zone_means_sql(f"$__timeFilter AND {_ZONES}", _TABLE)
    return (
        "SELECT concat('zone ', zone_id) AS zone, create_time_series(minute, mean) AS mean\n"
        f"FROM (\n{means}\n)\nGROUP BY zone_id\nORDER BY zone_id"
    )


def count_sql() -> str:
    """Return the query of how many readings there are, and how many of them are invalid."""
    readings = readings_sql(f"$__timeFilter AND {_ZONES}", _TABLE)
    invalid = f"CAST(temperature AS DOUBLE) >= {INVALID_FROM_C:g}"
    return f"SELECT count(*) AS readings, count_if({invalid}) AS invalid\nFROM (\n{readings}\n)"


def newest_means_sql() -> str:
    """Return the query of each zone's mean of the newest minute."""
    means = zone_means_sql(f"$__timeFilter AND {_ZONES}", _TABLE)
    return (
        "SELECT concat('zone ', zone_id) AS zone, max_by(mean, minute) AS mean\n"
        f"FROM (\n{means}\n)\nGROUP BY zone_id\nORDER BY zone_id"
    )


def zones_sql() -> str:
    """Return the query of the zones that there are, for the variable."""
    return f'SELECT DISTINCT zone_id FROM "{DATABASE}"."{TABLE}" WHERE time > ago(1d) ORDER BY 1'


def _requirements() -> list[Part]:
    panels = (("timeseries", "Time series"), ("stat", "Stat"))
    return [
        {"type": "grafana", "id": "grafana", "name": "Grafana", "version": "10.0.0"},
        {"type": "datasource", "id": PLUGIN, "name": "Amazon Timestream", "version": "2.9.0"},
        *({"type": "panel", "id": name, "name": title, "version": ""} for name, title in panels),
    ]


def _zone_variable() -> Part:
    return {
        "name": "zone",
        "label": "Zone",
        "type": "query",
        "datasource": _SOURCE,
        "query": zones_sql(),
        "definition": zones_sql(),
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
        "options": [],
        "hide": 0,
    }


def _readings_panel(number: int) -> Part:
    place = {"x": 0, "y": 0, "w": 8, "h": 5}
    return _panel(number, "stat", "Readings", count_sql(), place)


def _zones_panel(number: int) -> Part:
    place = {"x": 8, "y": 0, "w": 16, "h": 5}
    panel = _panel(number, "stat", "Mean of each zone, newest minute", newest_means_sql(), place)
    panel["fieldConfig"]["defaults"] |= {"unit": _CELSIUS, "thresholds": _switching()}
    panel["options"] = {"reduceOptions": {"calcs": ["lastNotNull"], "values": True}}
    return panel


def _means_panel(number: int) -> Part:
    place = {"x": 0, "y": 5, "w": 24, "h": 9}
    panel = _panel(number, "timeseries", "Mean of each zone, by the minute", means_sql(), place)
    panel["fieldConfig"]["defaults"] |= _lines(_switching())
    return panel


def _temperatures_panel(number: int) -> Part:
    place = {"x": 0, "y": 14, "w": 24, "h": 11}
    panel = _panel(number, "timeseries", "Temperature of each sensor", temperatures_sql(), place)
    steps = [*_switching()["steps"], {"value": INVALID_FROM_C, "color": _GREY}]
    panel["fieldConfig"]["defaults"] |= _lines({"mode": "absolute", "steps": steps})
    return panel


def _lines(thresholds: Part) -> Part:
    """Return the defaults of a figure of temperatures with thresholds as lines."""
    return {
        "unit": _CELSIUS,
        "decimals": 1,
        "custom": {"lineWidth": 1, "fillOpacity": 0, "thresholdsStyle": {"mode": "dashed"}},
        "thresholds": thresholds,
    }


def _switching() -> Part:
    """Return the thresholds at which air conditioners are switched."""
    steps: list[Part] = [
        {"value": None, "color": _BLUE},
        {"value": OFF_BELOW_C, "color": _GREEN},
        {"value": ON_ABOVE_C, "color": _RED},
    ]
    return {"mode": "absolute", "steps": steps}


def _panel(number: int, kind: str, title: str, sql: str, place: dict[str, int]) -> Part:
    return {
        "id": number,
        "type": kind,
        "title": title,
        "datasource": _SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {}, "overrides": []},
        "options": {},
        "targets": [
            {
                "refId": "A",
                "datasource": _SOURCE,
                "database": f'"{DATABASE}"',
                "table": f'"{TABLE}"',
                "measure": "temperature",
                "rawQuery": sql,
            }
        ],
    }

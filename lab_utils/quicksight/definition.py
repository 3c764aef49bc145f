"""The dashboard as code: each sensor's temperatures, and each zone's mean."""

from __future__ import annotations

from typing import Any

from lab_utils.thresholds import INVALID_FROM_C, OFF_BELOW_C, ON_ABOVE_C

DATA = "readings"
"""What the dashboard calls its data set."""
ZONES = ("1", "2")
SHEET = "house"
_WINDOW_MINUTES = 15
_LINES = (
    (ON_ABOVE_C, "on above", "#D55E00"),
    (OFF_BELOW_C, "off below", "#0072B2"),
    (INVALID_FROM_C, "invalid from", "#7F7F7F"),
)
_WIDTH = 36
"""How many columns QuickSight's grid has."""

Part = dict[str, Any]


def dashboard_definition(data_set_arn: str) -> Part:
    """Return the definition of the dashboard on a data set.

    Args:
        data_set_arn: The data set with ``time``, ``sensor_id``, ``zone_id``, ``temperature_c`` and
            ``valid_c``, as `data_set_sql` makes it.

    Source:
        https://docs.aws.amazon.com/quicksight/latest/APIReference/API_DashboardVersionDefinition.html
    """
    means = [f"mean-{zone}" for zone in ZONES]
    return {
        "DataSetIdentifierDeclarations": [{"Identifier": DATA, "DataSetArn": data_set_arn}],
        "Sheets": [
            {
                "SheetId": SHEET,
                "Name": "The house",
                "FilterControls": [_window_control(), _zone_control()],
                "Visuals": [*(_mean(zone) for zone in ZONES), _temperatures()],
                "Layouts": [{"Configuration": {"GridLayout": {"Elements": _places(means)}}}],
                "ContentType": "INTERACTIVE",
            }
        ],
        "FilterGroups": [
            _group("window", _window_filter()),
            _group("zones", _zone_filter("zones"), ["temperatures"]),
            *(
                _group(f"zone-{zone}", _zone_filter(f"zone-{zone}", zone), [f"mean-{zone}"])
                for zone in ZONES
            ),
        ],
    }


def _temperatures() -> Part:
    return {
        "LineChartVisual": {
            "VisualId": "temperatures",
            "Title": _text("Temperature of each sensor, in °C"),
            "ChartConfiguration": {
                "FieldWells": {
                    "LineChartAggregatedFieldWells": {
                        "Category": [_time("temperatures.time", "SECOND")],
                        "Values": [_average("temperatures.value", "temperature_c")],
                        "Colors": [_category("temperatures.sensor", "sensor_id")],
                    }
                },
                "SortConfiguration": {
                    "CategorySort": [
                        {"FieldSort": {"FieldId": "temperatures.time", "Direction": "ASC"}}
                    ]
                },
                "ReferenceLines": [_line(*line) for line in _LINES],
                "Legend": {"Visibility": "VISIBLE", "Position": "BOTTOM"},
            },
            "VisualContentAltText": "A line for each sensor, with the temperatures at which the "
            "air conditioners are switched and from which a reading is invalid.",
        }
    }


def _mean(zone: str) -> Part:
    return {
        "KPIVisual": {
            "VisualId": f"mean-{zone}",
            "Title": _text(f"Zone {zone}: mean of the last minute, in °C"),
            "ChartConfiguration": {
                "FieldWells": {
                    "Values": [_average(f"mean-{zone}.value", "valid_c")],
                    "TrendGroups": [_time(f"mean-{zone}.time", "MINUTE")],
                },
                "KPIOptions": {"PrimaryValueDisplayType": "ACTUAL"},
            },
            "VisualContentAltText": f"The mean temperature of zone {zone}, without invalid "
            "readings, and how it changed since the minute before.",
        }
    }


def _line(value_c: float, words: str, color: str) -> Part:
    return {
        "Status": "ENABLED",
        "DataConfiguration": {
            "StaticConfiguration": {"Value": value_c},
            "AxisBinding": "PRIMARY_YAXIS",
        },
        "StyleConfiguration": {"Pattern": "DASHED", "Color": color},
        "LabelConfiguration": {
            "CustomLabelConfiguration": {"CustomLabel": f"{words} {value_c:g} °C"},
            "HorizontalPosition": "LEFT",
            "VerticalPosition": "ABOVE",
        },
    }


def _window_filter() -> Part:
    return {
        "RelativeDatesFilter": {
            "FilterId": "window",
            "Column": _column("time"),
            "AnchorDateConfiguration": {"AnchorOption": "NOW"},
            "MinimumGranularity": "MINUTE",
            "TimeGranularity": "MINUTE",
            "RelativeDateType": "LAST",
            "RelativeDateValue": _WINDOW_MINUTES,
            "NullOption": "NON_NULLS_ONLY",
        }
    }


def _zone_filter(name: str, *zones: str) -> Part:
    """Return the filter for some zones; for all of them, if none is named."""
    chosen: Part = (
        {"CategoryValues": [*zones]} if zones else {"SelectAllOptions": "FILTER_ALL_VALUES"}
    )
    return {
        "CategoryFilter": {
            "FilterId": name,
            "Column": _column("zone_id"),
            "Configuration": {
                "FilterListConfiguration": {
                    "MatchOperator": "CONTAINS",
                    "NullOption": "NON_NULLS_ONLY",
                    **chosen,
                }
            },
        }
    }


def _window_control() -> Part:
    control = {"FilterControlId": "choose-window", "Title": "Time", "SourceFilterId": "window"}
    return {"RelativeDateTime": control}


def _zone_control() -> Part:
    control = {"FilterControlId": "choose-zones", "Title": "Zones", "SourceFilterId": "zones"}
    return {"Dropdown": {**control, "Type": "MULTI_SELECT"}}


def _group(name: str, one: Part, visuals: list[str] | None = None) -> Part:
    scope: Part = {"SheetId": SHEET, "Scope": "SELECTED_VISUALS" if visuals else "ALL_VISUALS"}
    if visuals:
        scope["VisualIds"] = visuals
    return {
        "FilterGroupId": f"group-{name}",
        "Filters": [one],
        "ScopeConfiguration": {"SelectedSheets": {"SheetVisualScopingConfigurations": [scope]}},
        "Status": "ENABLED",
        "CrossDataset": "SINGLE_DATASET",
    }


def _places(means: list[str]) -> list[Part]:
    """Return the places of the visuals: the means side by side, the lines below."""
    width = _WIDTH // len(means)
    tops = [_place(name, index * width, 0, width, 6) for index, name in enumerate(means)]
    return [*tops, _place("temperatures", 0, 6, _WIDTH, 14)]


def _place(name: str, column: int, row: int, width: int, height: int) -> Part:
    return {
        "ElementId": name,
        "ElementType": "VISUAL",
        "ColumnIndex": column,
        "ColumnSpan": width,
        "RowIndex": row,
        "RowSpan": height,
    }


def _text(words: str) -> Part:
    return {"Visibility": "VISIBLE", "FormatText": {"PlainText": words}}


def _column(name: str) -> Part:
    return {"DataSetIdentifier": DATA, "ColumnName": name}


def _time(field: str, granularity: str) -> Part:
    dimension = {"FieldId": field, "Column": _column("time"), "DateGranularity": granularity}
    return {"DateDimensionField": dimension}


def _category(field: str, column: str) -> Part:
    return {"CategoricalDimensionField": {"FieldId": field, "Column": _column(column)}}


def _average(field: str, column: str) -> Part:
    return {
        "NumericalMeasureField": {
            "FieldId": field,
            "Column": _column(column),
            "AggregationFunction": {"SimpleNumericalAggregation": "AVERAGE"},
        }
    }

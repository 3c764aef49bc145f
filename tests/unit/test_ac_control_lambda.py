"""The Lambda's own tests: they need nothing but pytest, and notice every plausible mistake."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab_utils import thresholds
from lab_utils.settings import CHECKOUT
from tests.mutants import Mutant, run_tests, surviving

FOLDER = CHECKOUT / "lambda" / "ac_control_lambda"
DECISION, HANDLER = "src/decision.py", "src/ac_control_lambda.py"
PAGES = 'timestream.get_paginator("query").paginate(QueryString=LAST_MINUTE)'
MUTANTS = (
    Mutant("on from 35, not above", DECISION, "mean_c > ON", "mean_c >= ON"),
    Mutant("off up to 20, not below", DECISION, "mean_c < OFF", "mean_c <= OFF"),
    Mutant("thresholds swapped", DECISION, "mean_c > ON_ABOVE_C", "mean_c > OFF_BELOW_C"),
    Mutant("on and off swapped", DECISION, "True\n    return False", "False\n    return True"),
    Mutant("no mean is off", DECISION, "None:\n        return None", "None:\n        return False"),
    Mutant("artefacts counted", DECISION, "if temperature_c < INVALID_FROM_C", "if True"),
    Mutant(
        "artefact only above 40", DECISION, "temperature_c < INVALID", "temperature_c <= INVALID"
    ),
    Mutant("the highest, not the mean", DECISION, "fmean(values) if", "max(values) if"),
    Mutant("all zones are one", DECISION, "valid[zone_id]", "valid[1]"),
    Mutant("whole numbers only", DECISION, 'float(row["temperature"])', 'int(row["temperature"])'),
    Mutant(
        "cut to whole numbers",
        DECISION,
        'float(row["temperature"])',
        'float(row["temperature"]) // 1',
    ),
    Mutant("texts break it", DECISION, "(TypeError, ValueError)", "TypeError"),
    Mutant("broken readings end it", DECISION, "            continue", "            break"),
    Mutant("broken readings unsaid", DECISION, "logger.warning(", "logger.debug("),
    Mutant("any text is a zone", DECISION, 'int(row["zone_id"])', 'row["zone_id"]'),
    Mutant("one zone only", HANDLER, "in means.items():", "in list(means.items())[:1]:"),
    Mutant(
        "zones hard-coded",
        HANDLER,
        "in means.items():",
        "in ((z, means[z]) for z in (1, 2) if z in means):",
    ),
    Mutant("first page only", HANDLER, f"in {PAGES}:", f"in list({PAGES})[:1]:"),
    Mutant("first page with rows only", HANDLER, f"in {PAGES}:", f"in list({PAGES})[:2]:"),
    Mutant("records counted, not readings", HANDLER, "SELECT DISTINCT", "SELECT"),
    Mutant(
        "one measure only", HANDLER, "WHERE time", "WHERE measure_name = 'temperature' AND time"
    ),
    Mutant(
        "sensors with equal readings are one", HANDLER, "time, sensor_id, zone_id", "time, zone_id"
    ),
    Mutant("all times", HANDLER, "WHERE time BETWEEN ago(1m) AND now()", ""),
    Mutant("five minutes", HANDLER, "ago(1m)", "ago(5m)"),
    Mutant("another table", HANDLER, '"temperaturesensor"', '"temperature"'),
    Mutant(
        "the environment's table ignored",
        HANDLER,
        'os.environ.get("TABLE", "temperaturesensor")',
        '"temperaturesensor"',
    ),
    Mutant(
        "an unwritten table is an error",
        HANDLER,
        'if "does not exist" not in str(error):',
        "if True:",
    ),
    Mutant(
        "every refusal is swallowed", HANDLER, 'if "does not exist" not in str(error):', "if False:"
    ),
    Mutant("a zone's failure stops the others", HANDLER, "untold.append(zone_id)", "raise"),
    Mutant("failures are swallowed", HANDLER, "if untold:", "if False:"),
    Mutant("failures are not said", HANDLER, "logger.exception(", "logger.info("),
    Mutant(
        "nothing said without data", HANDLER, 'logger.info("no reading', 'logger.debug("no reading'
    ),
    Mutant("unchanged is sent, too", HANDLER, "    if enabled is None:\n        return\n", ""),
    Mutant("only on is ever sent", HANDLER, "if enabled is None:", "if not enabled:"),
    Mutant("a flat payload", HANDLER, '{"state": {"enabled": enabled}}', '{"enabled": enabled}'),
    Mutant("the state as a text", HANDLER, '"enabled": enabled}})', '"enabled": str(enabled)}})'),
    Mutant("another topic", HANDLER, "AC/AC-{zone_id}", "AC/{zone_id}"),
    Mutant("one topic for all", HANDLER, "AC/AC-{zone_id}", "AC/AC-1"),
    Mutant("the control plane's client", HANDLER, '"iot-data"', '"iot"'),
)


def test_the_lambdas_tests_pass_with_pytest_alone() -> None:
    assert run_tests(FOLDER) == [0]


def test_the_lambdas_tests_notice_every_plausible_mistake(tmp_path: Path) -> None:
    assert surviving(FOLDER, MUTANTS, tmp_path) == []


def test_a_change_that_is_no_mistake_survives(tmp_path: Path) -> None:
    harmless = Mutant("harmless", DECISION, "mean_c > ON_ABOVE_C", "ON_ABOVE_C < mean_c")
    wrong = Mutant("wrong", DECISION, "mean_c > ON_ABOVE_C", "ON_ABOVE_C <= mean_c")
    assert surviving(FOLDER, [harmless, wrong], tmp_path) == ["harmless"]


def test_a_mutant_that_does_not_fit_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="0 times there"):
        Mutant("stale", DECISION, "no such text", "").write(FOLDER, tmp_path / "mutant")


@pytest.mark.parametrize("name", ["ON_ABOVE_C", "OFF_BELOW_C", "INVALID_FROM_C"])
def test_the_lambda_has_the_practicals_thresholds(name: str) -> None:
    found = re.search(rf"^{name} = ([\d.]+)", (FOLDER / DECISION).read_text(encoding="utf-8"), re.M)
    assert found
    assert float(found[1]) == getattr(thresholds, name)

"""The checks of part 6: right statements of several kinds, and the wrong ones they catch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from lab_utils.checks import part6, part6_invalid, storage
from lab_utils.checks.base import CheckContext, Result, run_check
from lab_utils.local_aws.session_file import Session
from tests.integration.conftest import client_of
from tests.integration.solutions import READINGS_SQL, Solution

TABLE = '"iot"."temperaturesensor"'
DEGREES = "CAST(temperature AS DOUBLE)"
LATELY = "measure_name = 'id' AND time > ago(2h)"
VALID = f"{LATELY} AND {DEGREES} < 40"
READINGS = f"SELECT time, sensor_id, zone_id, {DEGREES} AS degrees FROM {TABLE} WHERE {VALID}"
MEANS = (
    f"SELECT bin(time, 1m) AS minute, zone_id, avg({DEGREES}) AS mean FROM {TABLE} "
    f"WHERE {VALID} GROUP BY bin(time, 1m), zone_id"
)
CASE = "CASE WHEN mean > {on_above_c} THEN true WHEN mean < {off_below_c} THEN false END"
DECISIONS = f"SELECT minute, zone_id, {CASE} AS enabled FROM ({MEANS})"
INVALID = 'SELECT sensor_id, temperature FROM "Temperature" WHERE zone_id = 2'
STATEMENTS = {
    "readings.sql": READINGS,
    "zone_means.sql": MEANS,
    "invalid.partiql": INVALID,
    "decisions.sql": DECISIONS,
}
FILES = {
    "readings": "readings.sql",
    "means": "zone_means.sql",
    "invalid": "invalid.partiql",
    "replay": "decisions.sql",
}


class Desk:
    """A workspace whose statements a test writes, in a lab that has parts 1 to 3."""

    def __init__(self, context: CheckContext) -> None:
        self.context = context
        assert context.workspace is not None
        self.folder = context.workspace / "dashboard"
        self.folder.mkdir(parents=True, exist_ok=True)

    def check(self, name: str, statement: str) -> Result:
        (self.folder / FILES[name]).write_text(statement, encoding="utf-8")
        [check] = [one for one in part6.CHECKS if one.id == f"part6-{name}"]
        return run_check(check, self.context)

    def fails(self, name: str, statement: str) -> Result:
        result = self.check(name, statement)
        assert (result.status, result.earned) == ("failed", 0), result
        assert result.seen
        assert result.wanted
        assert result.hint
        return result

    def passes(self, name: str, statement: str) -> None:
        result = self.check(name, statement)
        assert (result.status, result.hint) == ("passed", ""), result


@pytest.fixture(scope="module")
def lab(fast_session: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Solution]:
    """One lab for all tests, whose readings they share: they only ask."""
    folder = tmp_path_factory.mktemp("dashboard")
    # The readings stay young for as long as these tests take: each set of them takes two seconds.
    patch = pytest.MonkeyPatch()
    patch.setattr("lab_utils.checks.part6_scene._YOUNG", timedelta(minutes=100))
    solution = Solution(fast_session, partial(client_of, fast_session), folder / "files")
    solution.add_part2()
    solution.add_part3()
    yield solution
    solution.remove()
    patch.undo()


@pytest.fixture
def desk(lab: Solution, tmp_path: Path) -> Desk:
    return Desk(replace(lab.context, workspace=tmp_path))


def test_the_reference_earns_all_points_and_leaves_no_artefact(desk: Desk, lab: Solution) -> None:
    for name, file in FILES.items():
        desk.passes(name, STATEMENTS[file])
    assert lab.items() == []


def test_an_empty_workspace_earns_nothing_and_is_told_how_to(desk: Desk) -> None:
    (desk.folder / "screenshot.png").write_bytes(b"picture")
    (desk.folder.parent / "doc").mkdir()
    (desk.folder.parent / "doc" / "img_3.png").write_bytes(b"the practical's own")
    for check in part6.CHECKS:
        result = run_check(check, desk.context)
        assert (result.status, result.earned) == ("failed", 0)
        assert "there is no file dashboard/" in result.seen
        assert "for a person to mark: dashboard/screenshot.png" in result.seen
        assert "img_3" not in result.seen
        assert "bonus part" in result.hint
        assert run_check(check, replace(desk.context, workspace=None)).earned == 0


@pytest.mark.parametrize("name", ["readings", "means", "replay"])
def test_a_query_that_timestream_refuses_is_told_with_the_refusal(desk: Desk, name: str) -> None:
    sql = STATEMENTS[FILES[name]].replace(f"{DEGREES} < 40", "temperature < 40")
    result = desk.fails(name, sql)
    assert "is refused" in result.seen
    assert "CAST(temperature AS DOUBLE)" in result.hint


@pytest.mark.parametrize("name", ["readings", "means", "replay"])
def test_a_query_without_a_window_is_caught(desk: Desk, name: str) -> None:
    sql = STATEMENTS[FILES[name]].replace(" AND time > ago(2h)", " -- ago(2h)\n")
    assert "says nothing about when" in desk.fails(name, sql).seen


@pytest.mark.parametrize("name", ["readings", "means"])
def test_a_variable_of_the_notebook_is_caught(desk: Desk, name: str) -> None:
    sql = STATEMENTS[FILES[name]].replace("ago(2h)", "{started}")
    assert "{started}, a variable of a notebook" in desk.fails(name, sql).seen


MEASURE = "measure_value::double"


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT zone_id AS a, round({DEGREES}, 1) AS b, 'temp_' || sensor_id AS c, time AS d "
        f"FROM {TABLE} WHERE {VALID} ORDER BY time DESC",
        f"SELECT time, sensor_id, zone_id, {MEASURE} FROM {TABLE} "
        f"WHERE measure_name = 'temperature' AND time > ago(2h) AND {MEASURE} < 40",
        f"SELECT DISTINCT time, sensor_id, zone_id, {DEGREES} AS t, "
        "CASE sensor_id WHEN '1' THEN 'livingroom' ELSE 'other' END AS room "
        f"FROM {TABLE} WHERE time BETWEEN ago(2h) AND now() AND {DEGREES} < 40",
    ],
    ids=["another order and other names", "the measure", "distinct"],
)
def test_other_right_queries_of_readings_pass(desk: Desk, sql: str) -> None:
    desk.passes("readings", sql)


@pytest.mark.parametrize("name", ["readings", "means", "replay"])
def test_a_window_that_is_filled_in_is_as_good(desk: Desk, name: str) -> None:
    sql = STATEMENTS[FILES[name]].replace("time > ago(2h)", "time BETWEEN {begin} AND {end}")
    desk.passes(name, sql)


@pytest.mark.parametrize(
    ("sql", "seen", "hint"),
    [
        (READINGS.replace(DEGREES, "temperature", 1), "a text (VARCHAR) does", "letter by letter"),
        (
            READINGS.replace(f"{DEGREES} < 40", "temperature < '40'"),
            "of 34 valid readings of the last minutes are missing",
            "below 10",
        ),
        (READINGS.replace(f" AND {DEGREES} < 40", ""), "invalid readings among", "artefacts out"),
        (READINGS.replace("measure_name = 'id' AND ", ""), "stands in 4 rows", "measure_name"),
        (READINGS.replace("WHERE", "WHERE zone_id = '2' AND"), "are missing", "zone 1 is missing"),
        (READINGS.replace("WHERE", "WHERE sensor_id <> '3' AND"), "missing", "sensor 3 is"),
        (READINGS.replace("< 40", "< 39"), "missing", "is a valid reading"),
        (READINGS + " ORDER BY time DESC LIMIT 9", "missing", "without LIMIT"),
        (READINGS.replace("2h", "1s"), "no rows", "without its conditions"),
        (READINGS.replace("zone_id,", "'zone_id' AS zone_id,"), "tells the zone_id", "single"),
        (READINGS.replace("sensor_id, ", ""), "no column tells the sensor_id", "whose"),
        (READINGS.replace("time,", "bin(time, 1h) AS time,"), "holds the times", "stored"),
        (READINGS.replace("ago(2h)", "{begin} - 5m"), "from before {begin}", "BETWEEN {begin}"),
        (MEANS, "no column holds the times", "no mean"),
        (READINGS.replace("40", "0"), "the query has no rows", "without its conditions"),
        (f"DELETE FROM {TABLE}", "begins with 'DELETE'", "one SELECT"),
    ],
)
def test_wrong_queries_of_readings_are_caught(desk: Desk, sql: str, seen: str, hint: str) -> None:
    result = desk.fails("readings", sql)
    assert seen in result.seen
    assert hint in result.hint


@pytest.mark.parametrize(
    "sql",
    [
        f"WITH r AS ({READINGS}) SELECT count(*) AS n, round(avg(degrees), 1) AS how_warm, "
        "zone_id, date_trunc('minute', time) AS m FROM r GROUP BY zone_id, "
        "date_trunc('minute', time) ORDER BY m DESC",
        MEANS.replace("WHERE", "WHERE time < bin(now(), 1m) AND"),
        MEANS.replace("measure_name = 'id' AND ", ""),
    ],
    ids=["another order and more columns", "whole minutes only", "each record of a reading"],
)
def test_other_right_queries_of_means_pass(desk: Desk, sql: str) -> None:
    desk.passes("means", sql)


@pytest.mark.parametrize(
    ("sql", "seen", "hint"),
    [
        (MEANS.replace(f" AND {DEGREES} < 40", ""), "the query says", "leave artefacts out"),
        (MEANS.replace(f"{DEGREES} < 40", "temperature < '40'"), "says", "letter by letter"),
        (MEANS.replace("avg", "max"), "says", "each zone's max"),
        (MEANS.replace("< 40", "< 39"), "says", "39 to 40 is valid"),
        (MEANS.replace("bin(time, 1m) AS minute, ", "").replace("bin(time, 1m), ", ""),
         "no column holds minutes", "bin(time, 1m)"),
        (MEANS.replace("1m", "1h"), "no two columns tell the minute", "bin(time, 1m)"),
        (MEANS.replace("WHERE", "WHERE zone_id = '1' AND"), "zone 2 is missing", "both zones"),
        (MEANS + ", sensor_id", "rows for one minute", "nothing else"),
        (MEANS + " ORDER BY bin(time, 1m) DESC LIMIT 2", "missing", "without LIMIT"),
        (MEANS.replace("minute, zone_id", "minute, 'zone_id' AS zone_id"), "no two", "single"),
        (MEANS.replace(f"avg({DEGREES})", "max(temperature)"), "no column holds numbers", "VARCH"),
        (f"SELECT minute, zone_id, avg(m) AS mean FROM (SELECT bin(time, 1m) AS minute, zone_id, "
         f"sensor_id, avg({DEGREES}) AS m FROM {TABLE} WHERE {VALID} GROUP BY bin(time, 1m), "
         "zone_id, sensor_id) GROUP BY minute, zone_id", "says", "rooms' means"),
        (MEANS.replace("2h", "1s"), "no rows", "without its conditions"),
    ],
)  # fmt: skip
def test_wrong_queries_of_means_are_caught(desk: Desk, sql: str, seen: str, hint: str) -> None:
    result = desk.fails("means", sql)
    assert seen in result.seen
    assert hint in result.hint


WORDS = "CASE WHEN mean > {on_above_c} THEN 'on' WHEN mean < {off_below_c} THEN 'off' ELSE '-' END"
KEPT = (
    "last_value(enabled) IGNORE NULLS OVER (PARTITION BY zone_id ORDER BY minute "
    "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
)


@pytest.mark.parametrize(
    "sql",
    [
        DECISIONS.replace(CASE, WORDS),
        f"SELECT zone_id, minute, {KEPT} AS is_on FROM ({DECISIONS})",
    ],
    ids=["in words", "kept until the next"],
)
def test_other_right_decisions_pass(desk: Desk, sql: str) -> None:
    desk.passes("replay", sql)


@pytest.mark.parametrize(
    ("sql", "seen", "hint"),
    [
        (DECISIONS.replace("{on_above_c}", "35"), "does not hold {on_above_c}", "in braces"),
        (DECISIONS.replace("false END", "false ELSE false END"), "gives off", "hysteresis"),
        (DECISIONS.replace(f" AND {DEGREES} < 40", ""), "gives", "leave artefacts out"),
        (DECISIONS.replace("true", "x").replace("false", "true").replace("x", "false"),
         "gives", "exchanged"),
        (DECISIONS.replace("{on_above_c}", "{on_above_c} + 9"), "gives nothing", "CASE"),
        (DECISIONS.replace(CASE, "{on_above_c} + {off_below_c} + mean"), "no column says", "CASE"),
        (DECISIONS.replace("WHERE", "WHERE zone_id = '1' AND"), "zone 2 is missing", "both"),
        (DECISIONS.replace("minute, zone_id, CASE", "zone_id, CASE"), "no column holds minutes",
         "bin"),
    ],
)  # fmt: skip
def test_wrong_decisions_are_caught(desk: Desk, sql: str, seen: str, hint: str) -> None:
    result = desk.fails("replay", sql)
    assert seen in result.seen
    assert hint in result.hint


@pytest.fixture(scope="module")
def hot_readings(lab: Solution) -> Iterator[None]:
    """Invalid readings of each sensor."""
    sent = part6_invalid._artefacts()
    part6_invalid._send(lab.context, sent)
    yield
    for reading in sent:
        storage.take_item(lab.context, reading["id"], 0.0)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have all statements judged by the same readings: to send them takes the longest."""
    monkeypatch.setattr(part6_invalid, "_artefacts", list)


@pytest.mark.usefixtures("hot_readings", "kept")
@pytest.mark.parametrize(
    "statement", ["SELECT * FROM Temperature WHERE zone_id = 2", f"-- mine\n{INVALID} \n"]
)
def test_other_right_statements_for_dynamodb_pass(desk: Desk, statement: str) -> None:
    desk.passes("invalid", statement)


@pytest.mark.usefixtures("hot_readings", "kept")
@pytest.mark.parametrize(
    ("statement", "seen", "hint"),
    [
        (INVALID.replace("2", "'2'"), "it finds nothing", "single quotes"),
        (INVALID.replace(" WHERE zone_id = 2", ""), "not in zone 2", "WHERE zone_id = 2"),
        (f"{INVALID} AND temperature > 42", "are missing", "no other condition"),
        (f"{INVALID} AND sensor_id = 3", "are missing", "no other condition"),
        (INVALID.replace("sensor_id, temperature", "id"), "come without sensor_id", "or *"),
        (INVALID.replace("temperature FROM", "temperature AS t FROM"), "refused", "no AS"),
        (INVALID.replace("Temperature", "temperatures"), "refused", "compare with"),
        ("DELETE FROM Temperature WHERE id = 'a'", "begins with 'DELETE'", "one SELECT"),
    ],
)
def test_wrong_statements_for_dynamodb_are_caught(
    desk: Desk, statement: str, seen: str, hint: str
) -> None:
    result = desk.fails("invalid", statement)
    assert seen in result.seen
    assert hint in result.hint


def test_a_rule_that_keeps_artefacts_out_earns_all_points(desk: Desk, lab: Solution) -> None:
    name = lab.readings_name
    rule = lab.iot.get_topic_rule(ruleName=name)["rule"]
    payload = {"actions": rule["actions"], "sql": f"{READINGS_SQL} WHERE temperature < 40"}
    lab.iot.replace_topic_rule(ruleName=name, topicRulePayload=payload)
    anew = Desk(replace(desk.context, memory={}))
    for check, file in FILES.items():
        anew.passes(check, STATEMENTS[file])
    anew.passes("means", MEANS.replace(f" AND {DEGREES} < 40", ""))


def test_without_the_parts_before_the_way_there_is_told(desk: Desk, lab: Solution) -> None:
    lab.iot.delete_topic_rule(ruleName=lab.readings_name)
    lab.iot.delete_topic_rule(ruleName=lab.name)
    anew = Desk(replace(desk.context, memory={}, timeout_s=0.3))
    for name, part in (("readings", "first part3-readings"), ("invalid", "first part2-hot-45")):
        result = anew.fails(name, STATEMENTS[FILES[name]])
        assert "the check has sent" in result.seen
        assert part in result.hint

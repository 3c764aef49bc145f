"""Hostile rules and messages: each does its own rule harm at most, and none stops the others."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator

import pytest
from botocore.exceptions import ClientError

from lab_utils.local_aws.session_file import Session
from tests.integration.conftest import AwsClient
from tests.integration.mqtt_probe import Mqtt5Probe
from tests.integration.things import DeviceFolder, create_role, create_rule, wait_until

Unique = Callable[[str], str]
LARGEST_PAYLOAD = 128 * 1024
REFUSALS = {"SqlParseException", "InvalidRequestException"}


class Site:
    """A device, a listener and a rule that has to go on working."""

    def __init__(self, probe: Mqtt5Probe, aws_client: AwsClient, unique: Unique) -> None:
        self.probe, self.unique, self.iot = probe, unique, aws_client("iot")
        self.out = unique("out")
        allowed = {"iot:Publish": "*"}
        self.role = create_role(aws_client("iam"), unique("republisher"), allowed)
        probe.subscribe(f"{self.out}/#")
        self.topic, self.signs = unique("attacked"), itertools.count()
        self.rule("SELECT n FROM '{topic}-alive'", "alive")

    def rule(self, sql: str, name: str) -> None:
        """Make a rule whose output comes below the name; {topic} is the topic of the attack."""
        action = {"roleArn": self.role, "topic": f"{self.out}/{name}", "qos": 1}
        statement = sql.replace("{topic}", self.topic)
        create_rule(self.iot, self.unique("rule"), statement, [{"republish": action}])

    def is_refused(self, sql: str) -> bool:
        try:
            self.rule(sql, "refused")
        except ClientError as error:
            return error.response["Error"]["Code"] in REFUSALS
        return False

    def publish(self, payload: bytes | str) -> None:
        assert self.probe.publish(self.topic, payload) == 0

    def outputs(self, name: str) -> list[bytes]:
        """Return what came below a name once everything before has been worked on."""
        sign = json.dumps({"n": next(self.signs)}, separators=(",", ":")).encode()
        self.probe.publish(f"{self.topic}-alive", sign)
        wait_until(lambda: sign in self._below("alive"), "a sign of life of the rules")
        return self._below(name)

    def _below(self, name: str) -> list[bytes]:
        return [body for topic, body in self.probe.messages if topic == f"{self.out}/{name}"]


@pytest.fixture
def site(
    aws_session: Session,
    aws_client: AwsClient,
    make_device: Callable[..., DeviceFolder],
    unique: Unique,
) -> Iterator[Site]:
    with Mqtt5Probe(aws_session, make_device(), client_id=unique("attacker")) as probe:
        probe.connack()
        yield Site(probe, aws_client, unique)


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param(
            "SELECT " + "(" * 50_000 + "1" + ")" * 50_000 + " FROM '{topic}'", id="brackets"
        ),
        pytest.param("SELECT " + "NOT " * 60_000 + "true FROM '{topic}'", id="NOT NOT"),
        pytest.param("SELECT " + "[" * 50_000 + "]" * 50_000 + " FROM '{topic}'", id="arrays"),
        pytest.param("SELECT " + "-" * 100_000 + "1 FROM '{topic}'", id="minus signs"),
        pytest.param(
            "SELECT " + "(SELECT VALUE " * 10_000 + "a" + " FROM b)" * 10_000 + " FROM '{topic}'",
            id="nested selects",
        ),
        pytest.param(
            "SELECT " + "abs(" * 40_000 + "1" + ")" * 40_000 + " FROM '{topic}'", id="calls"
        ),
    ],
)
def test_a_monstrous_statement_is_refused(site: Site, sql: str) -> None:
    assert site.is_refused(sql)
    assert site.outputs("refused") == []


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("SELECT " + "a," * 130_000 + "a FROM '{topic}'", id="columns"),
        pytest.param("SELECT a" + ".b" * 130_000 + " FROM '{topic}'", id="a path"),
        pytest.param("SELECT a FROM '{topic}' WHERE " + "a = 1 OR " * 25_000 + "a = 2", id="OR"),
        pytest.param("SELECT " + "1 + " * 60_000 + "1 AS a FROM '{topic}'", id="a sum"),
        pytest.param("SELECT '" + "x" * 260_000 + "' AS a FROM '{topic}'", id="a text"),
    ],
)
def test_a_statement_of_256_kb_is_refused_or_runs(site: Site, sql: str) -> None:
    is_refused = site.is_refused(sql)
    site.publish('{"a": 1}')
    assert len(site.outputs("refused")) <= (0 if is_refused else 1)


def test_a_deep_statement_that_is_accepted_runs(site: Site) -> None:
    site.rule("SELECT " + "(" * 20 + "a" + ")" * 20 + " + 1 AS b FROM '{topic}'", "deep")
    site.publish('{"a": 1}')
    assert site.outputs("deep") == [b'{"b":2}']


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM '{topic}'; DROP TABLE t",
        "SELECT * FROM '{topic}' UNION SELECT 1",
        "SELECT __import__('os').system('true') AS a FROM '{topic}'",
        "SELECT read_text('/etc/passwd') AS a FROM '{topic}'",
        "SELECT a FROM '{topic}' WHERE 1 = 1 OR",
        "SELECT 'a\x00b' AS a FROM '{topic}' \x00",
    ],
)
def test_a_statement_that_is_no_rule_is_refused(site: Site, sql: str) -> None:
    assert site.is_refused(sql)


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b'{"a":' * 1_000 + b"1" + b"}" * 1_000, id="objects 1,000 deep"),
        pytest.param(b"[" * 65_536 + b"]" * 65_536, id="arrays 65,536 deep"),
        pytest.param(b'{"a":' * 20_000 + b"1" + b"}" * 20_000, id="objects 20,000 deep"),
        pytest.param(b'{"a":' + b"9" * 130_000 + b"}", id="a number of 130,000 digits"),
        pytest.param(b'{"a": 1e999999999}', id="an endless number"),
        pytest.param(b'{"a": NaN, "b": Infinity}', id="NaN is not JSON"),
        pytest.param(b'{"a": "\\ud800"}', id="half a surrogate pair"),
        pytest.param(b'{"a": 1, "a": 2}', id="a name twice"),
        pytest.param(b'\xef\xbb\xbf{"a": 1}', id="a byte order mark"),
        pytest.param('{"a": "\N{PILE OF POO}", "ключ": "значение"}'.encode(), id="unicode"),
        pytest.param(b'{"a": "\\u0000"}', id="a zero"),
        pytest.param(b'{"": {"": 1}, "a": {}}', id="empty names"),
        pytest.param(b'{"__class__": "x", "a": "{0.__class__}"}', id="names of Python"),
    ],
)
def test_a_hostile_payload_harms_no_other_rule(site: Site, payload: bytes) -> None:
    site.rule("SELECT * FROM '{topic}'", "all")
    site.rule("SELECT a, upper(a) AS u, md5(a) AS h, a + 1 AS p, -a AS m FROM '{topic}'", "some")
    site.rule("SELECT * FROM '{topic}' WHERE a.a.a.a > 5 OR length(a) > 3", "where")
    site.rule("SELECT 1 AS one FROM '{topic}'", "one")
    site.publish(payload)
    assert site.outputs("one") == [b'{"one":1}']


def test_a_regular_expression_that_backtracks_is_given_up(site: Site) -> None:
    for number, call in enumerate(
        (
            "regexp_matches(a, '(a+)+$')",
            "regexp_replace(a, '^(a|a)*b$', 'x')",
            "regexp_substr(a, '(.*)*c')",
        )
    ):
        site.rule(f"SELECT {call} AS r FROM '{{topic}}'", f"regex{number}")
    site.publish(json.dumps({"a": "a" * 200 + "!"}))
    assert len(site.outputs("alive")) == 1


def test_a_result_that_grows_without_end_is_given_up(site: Site) -> None:
    doubled = ", ".join(
        f"@v{n} = concat(@v{n - 1}, @v{n - 1})" if n else "@v0 = a" for n in range(10)
    )
    site.rule(f"SET {doubled} SELECT @v9 AS r FROM '{{topic}}'", "doubled")
    nested = "a"
    for _ in range(12):
        nested = f"[{nested}, {nested}]"
    site.is_refused(f"SELECT {nested} AS r FROM '{{topic}}'")
    site.rule("SELECT power(10, 1000000) AS a, 9E999 * 9E999 AS b FROM '{topic}'", "numbers")
    site.publish(json.dumps({"a": "x" * 100_000}))
    assert all(len(body) <= LARGEST_PAYLOAD for body in site.outputs("doubled"))


def test_what_a_message_says_is_never_run(site: Site) -> None:
    site.rule("SELECT a FROM '{topic}'", "${a}")
    site.publish(json.dumps({"a": "${topic()}"}))
    site.outputs("alive")
    topics = [topic for topic, _ in site.probe.messages if not topic.endswith("/alive")]
    assert topics in ([], [f"{site.out}/${{topic()}}"])


def test_two_rules_that_feed_each_other_let_the_rest_live(site: Site) -> None:
    there, back = site.topic, f"{site.topic}-back"
    for start, end in ((there, back), (back, there)):
        action = {"roleArn": site.role, "topic": end, "qos": 1}
        sql = f"SELECT n + 1 AS n FROM '{start}' WHERE n < 200"
        create_rule(site.iot, site.unique("loop"), sql, [{"republish": action}])
    site.publish('{"n": 1}')
    site.outputs("alive")
    assert site.outputs("alive")

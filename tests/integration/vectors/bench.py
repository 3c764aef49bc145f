"""Runs many rules at once: a device publishes, a listener reads what the rules republish."""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from awscrt import mqtt5
from botocore.exceptions import ClientError

from lab_utils.local_aws.session_file import Session
from tests.integration.mqtt_probe import ANSWER_S, Mqtt5Probe
from tests.integration.things import DeviceFolder, wait_until

V2 = "2016-03-23"
Properties = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Trial:
    """A rule and the message that it is tried with.

    Attributes:
        name: Names the trial; no two trials of a run have the same.
        sql: The rule's statement.
        topic: What the message is published to.
        payload: The message.
        version: The statement's SQL version.
        rule: The rule's name, where it matters.
        client_id: The publishing client's id, where it matters; "" publishes over HTTP.
        template: What follows the trial's own topic in the topic that is republished to.
        properties: The message's MQTT 5 properties, as the examples name them.
        is_silent: Whether nothing is expected to come out.
    """

    name: str
    sql: str
    topic: str
    payload: bytes
    version: str = V2
    rule: str = ""
    client_id: str = "device"
    template: str = ""
    properties: Properties = ()
    is_silent: bool = False


@dataclass
class Outcome:
    """What came of a trial.

    Attributes:
        refused: The error with which CreateTopicRule refused the rule, or None.
        messages: What was republished: the topic below the trial's own, and the payload.
    """

    refused: ClientError | None = None
    messages: list[tuple[str, bytes]] = field(default_factory=list)


class RuleBench:
    """A listener, some publishers and a role, used by all trials of a run.

    Args:
        session: The embedded AWS.
        device: The certificate of the listener and the publishers.
        iot: boto3's ``iot`` client.
        iot_data: boto3's ``iot-data`` client.
        role_arn: A role that may republish.
        root: The first level of every topic that is republished to.
    """

    def __init__(
        self,
        session: Session,
        device: DeviceFolder,
        iot: Any,
        iot_data: Any,
        role_arn: str,
        root: str,
    ) -> None:
        self._session, self._device = session, device
        self._iot, self._iot_data = iot, iot_data
        self._role_arn, self._root = role_arn, root
        self._ticks = itertools.count()
        self._stack = ExitStack()
        self._publishers: dict[str, Mqtt5Probe] = {}

    def __enter__(self) -> RuleBench:
        self._listener = self._connected(f"{self._root}-listener")
        assert self._listener.subscribe(f"{self._root}/#") in {0, 1}
        tick = f"{self._root}_tick"
        self._create(tick, f"SELECT n FROM '{self._root}-tick'", V2, "tick")
        self._stack.callback(self._iot.delete_topic_rule, ruleName=tick)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def run(self, trials: Sequence[Trial]) -> dict[str, Outcome]:
        """Return what came of each trial; those of one message run together."""
        groups: dict[tuple[str, bytes, str, Properties], list[Trial]] = defaultdict(list)
        for trial in trials:
            groups[(trial.topic, trial.payload, trial.client_id, trial.properties)].append(trial)
        outcomes = {trial.name: Outcome() for trial in trials}
        for message, group in groups.items():
            with self._rules(group, outcomes):
                self._publish(*message)
                wanted = [
                    f"{self._root}/{trial.name}/"
                    for trial in group
                    if not trial.is_silent and outcomes[trial.name].refused is None
                ]
                self._settle(wanted)
        self._collect(outcomes)
        return outcomes

    def _settle(self, wanted: list[str]) -> None:
        """Wait until all has come out; what stays away is what a trial fails of."""
        tick = next(self._ticks)
        self._publish(f"{self._root}-tick", json.dumps({"n": tick}).encode(), "device")
        wait_until(lambda: tick in self._seen_ticks(), "the answer of the bench's own rule")
        topics = [topic for topic, _ in self._listener.messages]
        missing = [w for w in wanted if not any(topic.startswith(w) for topic in topics)]
        if missing:
            # A rule may run aside of the others, such as one that calls a function.
            self._second_look(missing)

    def _second_look(self, missing: list[str]) -> None:
        tick = next(self._ticks)
        self._publish(f"{self._root}-tick", json.dumps({"n": tick}).encode(), "device")
        wait_until(lambda: tick in self._seen_ticks(), f"any of {missing}")

    def _seen_ticks(self) -> set[int]:
        prefix = f"{self._root}/tick"
        seen = [body for topic, body in self._listener.messages if topic.startswith(prefix)]
        return {json.loads(body)["n"] for body in seen}

    def _rules(self, group: list[Trial], outcomes: dict[str, Outcome]) -> ExitStack:
        stack = ExitStack()
        for trial in group:
            rule = trial.rule or f"{self._root}_{trial.name}"
            try:
                suffix = f"{trial.name}/{trial.template}"
                self._create(rule, trial.sql, trial.version, suffix)
            except ClientError as error:
                outcomes[trial.name].refused = error
            else:
                stack.callback(self._iot.delete_topic_rule, ruleName=rule)
        return stack

    def _create(self, rule: str, sql: str, version: str, suffix: str) -> None:
        action = {"roleArn": self._role_arn, "topic": f"{self._root}/{suffix}", "qos": 1}
        payload = {
            "sql": sql,
            "awsIotSqlVersion": version,
            "actions": [{"republish": action}],
        }
        self._iot.create_topic_rule(ruleName=rule, topicRulePayload=payload)

    def _publish(
        self, topic: str, payload: bytes, client_id: str, properties: Properties = ()
    ) -> None:
        if not client_id:
            self._iot_data.publish(topic=topic, qos=1, payload=payload)
            return
        if client_id not in self._publishers:
            self._publishers[client_id] = self._connected(client_id)
        packet = mqtt5.PublishPacket(
            topic=topic, payload=payload, qos=mqtt5.QoS.AT_LEAST_ONCE, **_packet(dict(properties))
        )
        done = self._publishers[client_id].client.publish(packet).result(ANSWER_S)
        assert int(done.puback.reason_code) == 0

    def _connected(self, client_id: str) -> Mqtt5Probe:
        probe = Mqtt5Probe(self._session, self._device, client_id=client_id)
        self._stack.enter_context(probe)
        probe.connack()
        return probe

    def _collect(self, outcomes: dict[str, Outcome]) -> None:
        for topic, payload in self._listener.messages:
            name, _, rest = topic.removeprefix(f"{self._root}/").partition("/")
            if name in outcomes:
                outcomes[name].messages.append((rest, payload))


def _packet(properties: dict[str, Any]) -> dict[str, Any]:
    """Return MQTT 5 properties as the SDK names them."""
    fields = dict(properties)
    if "correlation_data" in fields:
        fields["correlation_data"] = fields["correlation_data"].encode()
    if fields.pop("format_indicator", "") == "UTF8_DATA":
        fields["payload_format_indicator"] = mqtt5.PayloadFormatIndicator.AWS_MQTT5_PFI_UTF8
    pairs = fields.pop("user_properties", ())
    if pairs:
        fields["user_properties"] = [mqtt5.UserProperty(name, value) for name, value in pairs]
    return fields

"""What a device's policies allow is decided anew once anything changes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from lab_utils.local_aws.ministack_authority import keep_device_decisions

ALLOW = '{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}'
PLACE = ("123456789012", "eu-west-1")


class Scoped(dict[Any, Any]):
    def get_scoped(self, account: str, region: str, key: str) -> Any:
        return self.get(key) if (account, region) == PLACE else None


class Iot(SimpleNamespace):
    """The registry of a device with one policy; each decision is counted."""

    def __init__(self, document: str = ALLOW) -> None:
        policies = Scoped(p={"versions": {"1": {"document": document}}, "defaultVersionId": "1"})
        certificates = Scoped(c={"attachedPolicies": ["p"]})
        session = SimpleNamespace()
        super().__init__(_policies=policies, _certificates=certificates, _WSSession=session)
        self.decisions = 0
        self._mqtt_policy_allows = self.decide
        keep_device_decisions(self)

    def decide(self, *_question: Any) -> bool:
        self.decisions += 1
        return "p" in self._certificates["c"]["attachedPolicies"]

    def allows(self, topic: str = "topic/a", **context: str) -> bool:
        return bool(self._mqtt_policy_allows(*PLACE, "c", context, "iot:Publish", topic))


def test_the_same_question_is_answered_once() -> None:
    iot = Iot()
    assert [iot.allows(), iot.allows(), iot.allows("topic/b")] == [True] * 3
    assert iot.decisions == 2


def test_a_detached_policy_counts_at_once() -> None:
    iot = Iot()
    assert iot.allows()
    iot._certificates["c"]["attachedPolicies"].clear()
    assert not iot.allows()
    iot._certificates.clear()
    iot.allows()
    assert iot.decisions == 2, "without a certificate there are no policies, as before"


def test_a_new_version_and_another_connection_are_asked_again() -> None:
    iot = Iot()
    iot.allows(client="a")
    iot.allows(client="b")
    iot._policies["p"]["versions"]["2"] = {"document": "{}"}
    iot._policies["p"]["defaultVersionId"] = "2"
    iot.allows(client="b")
    assert iot.decisions == 3


def test_a_condition_is_evaluated_for_every_message() -> None:
    iot = Iot('{"Effect": "Allow", "Condition": {"DateLessThan": {}}}')
    assert [iot.allows(), iot.allows()] == [True] * 2
    assert iot.decisions == 2

"""The one seam between ministack's broker and the rules engine."""

from __future__ import annotations

import base64
import contextvars
import gc
import json
import logging
import random
import uuid
from collections.abc import Mapping
from functools import lru_cache, partial
from types import ModuleType
from typing import Any

from lab_utils.local_aws.clock import LabClock
from lab_utils.local_aws.gateway import MAX_PAYLOAD_BYTES
from lab_utils.local_aws.handlers import Handler
from lab_utils.local_aws.ministack_broker_log import BrokerLog
from lab_utils.local_aws.ministack_services import MinistackServices
from lab_utils.local_aws.place import Place
from lab_utils.local_aws.rules.actions.base import InvalidActionError
from lab_utils.local_aws.rules.definition import DEFAULT_SQL_VERSION, RuleBook, parse_rule
from lab_utils.local_aws.rules.engine import RuleEngine
from lab_utils.local_aws.rules.logging_options import PATHS, LoggingOptions
from lab_utils.local_aws.rules.logs import LogGroup
from lab_utils.local_aws.rules.message import Message
from lab_utils.local_aws.rules.sql.errors import SqlParseError
from lab_utils.local_aws.rules.sql.statement import parse_statement
from lab_utils.local_aws.rules.topics import split_basic_ingest
from lab_utils.local_aws.rules.trace import Trace

SQL_VERSIONS = ("2015-10-08", "2016-03-23", "beta")
_MOST_ACTIONS = 10
_GC_THRESHOLDS = (200_000, 20, 50)
_log = logging.getLogger(__name__)
_publish: contextvars.ContextVar[tuple[bytes, bool]] = contextvars.ContextVar(
    "mqtt_properties_and_retain", default=(b"", False)
)
_trace: contextvars.ContextVar[Trace | None] = contextvars.ContextVar("rule_trace", default=None)


class RuleSeam:
    """Hands ministack's messages and rules to the rules engine.

    Args:
        modules: ministack's modules.
        services: What rules reach.
        clock: The lab's time.
    """

    def __init__(
        self, modules: Mapping[str, ModuleType], services: MinistackServices, clock: LabClock
    ) -> None:
        self._iot: Any = modules["ministack.services.iot"]
        self._responses: Any = modules["ministack.core.responses"]
        self._services = services
        self._clock = clock
        self._places: dict[tuple[str, str], Place] = {}
        self.options = LoggingOptions(self._groups_of)
        self.log_group = LogGroup(self.options, services, clock.now_ms)
        self.book = RuleBook(lambda: self._iot._topic_rules._data, services)
        self.engine = RuleEngine(self.book, services, self.log_group.watch)
        self.broker_log = BrokerLog(self._iot, self.options, self.log_group)
        self._mend_evaluation()
        self._mend_creation()

    def with_logging_options(self, handler: Handler) -> Handler:
        """Return ministack's ``iot`` handler with the logging options, version 2."""

        async def handle(
            method: str, path: str, headers: Any, body: bytes, query: Any
        ) -> tuple[int, Any, Any]:
            if path not in PATHS:
                return await handler(method, path, headers, body, query)
            place = Place(self._responses.get_account_id(), self._responses.get_region())
            return self.options.answer(place, method, path, query, body)

        return handle

    def start(self) -> None:
        """Write log entries on the running loop, and be ready for many messages.

        What is loaded by now stays, and messages leave nothing behind that only the cycle
        collector could free. At its usual thresholds it would go through all of it again and
        again, for as long as the rules themselves take.
        """
        gc.freeze()
        gc.set_threshold(*_GC_THRESHOLDS)
        self.log_group.start()

    async def stop(self) -> None:
        """End what runs in the background, and write the last log entries."""
        await self.engine.close()
        await self.log_group.flush()

    async def answer_trace(self, body: bytes) -> tuple[int, bytes]:
        """Answer a request to publish a message and to tell what each rule made of it.

        Args:
            body: JSON with ``topic``, ``payload`` in base64 and ``clientId``.

        Returns:
            HTTP status, and JSON with ``rules``, or with a ``message`` if it was not published.
        """
        asked = json.loads(body)
        topic, payload = str(asked["topic"]), base64.b64decode(asked["payload"])
        place = Place(self._responses.get_account_id(), self._responses.get_region())
        if len(payload) > MAX_PAYLOAD_BYTES or not self._iot._validate_publish_topic(topic):
            return 400, b'{"message": "No such message can be published."}'
        trace = await self._trace(place, topic, payload, str(asked["clientId"]))
        return 200, json.dumps({"rules": trace.rows()}).encode()

    async def _trace(self, place: Place, topic: str, payload: bytes, client_id: str) -> Trace:
        trace = Trace(self.book.rules(place), topic)
        token = _trace.set(trace)
        try:
            await self._iot.broker_publish(
                place.account, place.region, topic, payload, qos=1, client_id=client_id
            )
        finally:
            _trace.reset(token)
        await trace.complete()
        return trace

    def _mend_evaluation(self) -> None:
        """Seam: messages go to our engine, those of Basic Ingest without a look at the broker."""
        iot, publish = self._iot, self._iot.broker_publish

        async def broker_publish(
            account: str, region: str, topic: str, payload: bytes, *rest: Any, **named: Any
        ) -> None:
            token = _publish.set((named.get("properties") or b"", bool(named.get("retain"))))
            try:
                if (target := split_basic_ingest(topic)) is None:
                    await publish(account, region, topic, payload, *rest, **named)
                    if named.get("qos"):
                        self.broker_log.queued(self._place(account, region), topic)
                    return
                with iot._rule_message_scope(named.get("principal")):
                    client_id = named.get("client_id")
                    message = self._message(account, region, topic, payload, client_id)
                    message.topic = target[1]
                    await self._guarded(message, target[0])
            finally:
                _publish.reset(token)

        async def evaluate(
            account: str, region: str, topic: str, payload: bytes, client_id: str | None = None
        ) -> None:
            await self._guarded(self._message(account, region, topic, payload, client_id), None)

        iot.broker_publish = broker_publish
        iot._evaluate_topic_rules = evaluate
        iot._rule_message_scope = partial(_MessageScope, iot._rule_message_identity)

    async def _guarded(self, message: Message, rule: str | None) -> None:
        """Run rules on a message; nothing in them can harm the client that published it."""
        trace = _trace.get()
        token = _trace.set(None)
        watchers = () if trace is None else (trace,)
        try:
            self.broker_log.published(message)
            if rule is None:
                await self.engine.evaluate(message, watchers)
            else:
                await self.engine.ingest(message, rule, watchers)
        except Exception:  # noqa: BLE001 - the rule dispatcher is an outer edge; it records all
            _log.exception("The rules for a message on %r failed", message.published_to)
        finally:
            _trace.reset(token)

    def _place(self, account: str, region: str) -> Place:
        place = self._places.get((account, region))
        if place is None:
            place = self._places[account, region] = Place(account, region)
        return place

    def _message(
        self, account: str, region: str, topic: str, payload: bytes, client_id: str | None
    ) -> Message:
        place = self._place(account, region)
        principal, trace_id = self._iot._rule_message_identity.get()
        properties, is_retained = _publish.get()
        return Message(
            place=place,
            topic=topic,
            published_to=topic,
            payload=payload or b"",
            client_id=client_id,
            principal=principal,
            trace_id=trace_id,
            now_ms=self._clock.now_ms(),
            source_ip=self._iot._publish_source_ip.get(),
            is_retained=is_retained,
            read_properties=partial(self._read_properties, properties) if properties else None,
        )

    def _read_properties(self, block: bytes) -> Mapping[str, Any]:
        """Return MQTT 5 properties by the names that rule SQL has for them."""
        iot = self._iot
        names = {
            iot.PROP_PAYLOAD_FORMAT_INDICATOR: "format_indicator",
            iot.PROP_CONTENT_TYPE: "content_type",
            iot.PROP_RESPONSE_TOPIC: "response_topic",
            iot.PROP_CORRELATION_DATA: "correlation_data",
        }
        users: list[tuple[str, str]] = []
        found: dict[str, Any] = {"user_properties": users}
        for key, value in iot._decode_properties(block, 0)[0]:
            if key == iot.PROP_USER_PROPERTY:
                users.append(value)
            elif key in names:
                found[names[key]] = _property_text(names[key], value)
        return found

    def _mend_creation(self) -> None:
        """Seam: rules are read by our parser, whichever way they come."""
        iot, put = self._iot, self._iot.put_topic_rule

        def put_topic_rule(name: str, payload: dict[str, Any], **named: Any) -> Any:
            payload.setdefault("awsIotSqlVersion", DEFAULT_SQL_VERSION)
            if problem := _payload_problem(payload):
                # ministack answers this class with an InvalidRequestException.
                raise iot.RuleRepublishError(problem)
            place = Place(self._responses.get_account_id(), self._responses.get_region())
            try:
                parse_rule(place, name, payload, self._services)
            except SqlParseError as error:
                raise iot.RuleSqlError(str(error)) from error
            except InvalidActionError as error:
                raise iot.RuleRepublishError(str(error)) from error
            return put(name, payload, **named)

        iot.put_topic_rule = put_topic_rule
        iot._validate_rule_sql = _nothing_wrong
        iot._unimplemented_sql_functions = _nothing_missing
        iot._rule_topic_filter = _topic_filter

    def _groups_of(self, place: Place, client_id: str) -> set[str]:
        """Return the groups of the thing that has a client's id as its name."""
        thing = self._iot._things.get_scoped(place.account, place.region, client_id)
        return set((thing or {}).get("thingGroupNames") or ())


class _MessageScope:
    """The principal and trace id of a message while its rules run.

    ministack's trace ids come from the system's random source. To ask it gives other threads the
    turn, which a server under load gets back only some milliseconds later.
    """

    def __init__(
        self,
        identity: contextvars.ContextVar[tuple[str | None, str]],
        principal: str | None,
    ) -> None:
        self._identity = identity
        self._principal = principal

    def __enter__(self) -> None:
        trace_id = uuid.UUID(int=random.getrandbits(128), version=4)
        self._token = self._identity.set((self._principal, str(trace_id)))

    def __exit__(self, *_: object) -> None:
        self._identity.reset(self._token)


def _property_text(name: str, value: Any) -> Any:
    """Return a property as rule SQL shows it.

    Source:
        https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-functions.html
    """
    if name == "format_indicator":
        return "UTF8_DATA" if value == 1 else "UNSPECIFIED_BYTES"
    if name == "correlation_data":
        return base64.b64encode(value).decode()
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _payload_problem(payload: Mapping[str, Any]) -> str:
    version, actions = payload["awsIotSqlVersion"], payload.get("actions")
    if version not in SQL_VERSIONS:
        return f"The SQL version {version!r} does not exist; there are: {', '.join(SQL_VERSIONS)}"
    where = "1 validation error detected: Value at 'topicRulePayload.actions' failed to satisfy"
    if not isinstance(actions, list):
        return f"{where} constraint: Member must not be null"
    if len(actions) > _MOST_ACTIONS:
        return f"{where} constraint: Member must have length less than or equal to {_MOST_ACTIONS}"
    return ""


def _nothing_wrong(_sql: str) -> None:
    """ministack's own check of SQL has nothing to say beside our parser."""


def _nothing_missing(_sql: str) -> list[str]:
    """ministack has no functions to warn of: our parser refuses what it does not know."""
    return []


@lru_cache(maxsize=256)
def _topic_filter(sql: str) -> str:
    """Return the topic filter of a rule's SQL; empty if it has none."""
    for version in reversed(SQL_VERSIONS[:2]):
        try:
            return parse_statement(sql, version).topic_filter or ""
        except SqlParseError:
            continue
    return ""

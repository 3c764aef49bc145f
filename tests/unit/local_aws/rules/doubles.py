"""IAM and the services that rules reach, in memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from lab_utils.local_aws.place import Place
from lab_utils.local_aws.rules.definition import Rule, RuleBook, parse_rule
from lab_utils.local_aws.rules.engine import RuleEngine
from lab_utils.local_aws.rules.message import Message
from lab_utils.local_aws.rules.roles import Permission, RoleAuthority
from lab_utils.local_aws.rules.services import Answer, Headers, ServiceRequest, TimestreamWriter
from lab_utils.local_aws.rules.watch import Watch
from lab_utils.local_aws.timestream.records import Record

PLACE = Place("123456789012", "eu-west-1")
ROLE = "arn:aws:iam::123456789012:role/service/iot_role"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:f"
V2 = "2016-03-23"
PUT = {"dynamoDBv2": {"roleArn": ROLE, "putItem": {"tableName": "Temperature"}}}
REPUBLISH = {"republish": {"roleArn": ROLE, "topic": "errors", "qos": 1}}
NOW_MS = 1_579_637_878_451


@dataclass
class Services:
    """Everything that rules reach; each call is kept."""

    trusted: bool = True
    denied: set[str] = field(default_factory=set)
    invokers: set[str] = field(default_factory=lambda: {PLACE.arn("iot", "rule/rule")})
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    items: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    requests: list[ServiceRequest] = field(default_factory=list)
    republished: list[tuple[str, bytes, int, Headers]] = field(default_factory=list)
    written: list[tuple[str, str, list[Record]]] = field(default_factory=list)
    stored: list[Future[Any]] = field(default_factory=list)
    delay_s: float = 0.0

    @property
    def timestream(self) -> TimestreamWriter:
        return self

    def submit(
        self, place: Place, database: str, table: str, records: Sequence[Record]
    ) -> Future[Any]:
        assert place == PLACE
        self.written.append((database, table, list(records)))
        self.stored.append(Future())
        return self.stored[-1]

    def authority(self, place: Place) -> RoleAuthority:
        assert place == PLACE
        return self

    def trusts_iot(self, role_arn: str) -> bool:
        return self.trusted and role_arn == ROLE

    def allows(self, role_arn: str, permission: Permission) -> bool:
        self.asked.append((permission.action, permission.resource))
        return role_arn == ROLE and permission.action not in self.denied

    def grants(self, role_arn: str, permissions: tuple[Permission, ...]) -> bool:
        if not self.trusts_iot(role_arn) or any(p.action in self.denied for p in permissions):
            return False
        return all(self.allows(role_arn, permission) for permission in permissions)

    def put_item(self, place: Place, table: str, item: dict[str, Any]) -> Answer:
        assert place == PLACE
        self.items.append((table, item))
        return self.answers.get("put_item", Answer(200, b"{}"))

    def put_object(
        self, place: Place, bucket: str, key: str, body: bytes, headers: Mapping[str, str]
    ) -> Answer:
        assert place == PLACE
        self.requests.append(ServiceRequest("s3", "", body, "PUT", f"/{bucket}/{key}", headers))
        return self.answers.get("s3", Answer(200, b""))

    async def request(self, place: Place, request: ServiceRequest) -> Answer:
        assert place == PLACE
        self.requests.append(request)
        await asyncio.sleep(self.delay_s)
        return self.answers.get(request.operation or request.service, Answer(200, b"{}"))

    def function_allows(self, place: Place, function_arn: str, rule_arn: str) -> bool:
        assert (place, function_arn) == (PLACE, FUNCTION)
        return rule_arn in self.invokers

    def thing_shadow(self, place: Place, thing: str, shadow: str) -> Answer:
        assert place == PLACE
        return Answer.json(200, {"state": {"reported": {"thing": thing, "shadow": shadow}}})

    async def republish(
        self, place: Place, topic: str, payload: bytes, qos: int, headers: Headers, role_arn: str
    ) -> None:
        assert (place, role_arn) == (PLACE, ROLE)
        self.republished.append((topic, payload, qos, headers))


def refusal(code: str, message: str, status: int = 400) -> Answer:
    return Answer.json(status, {"__type": f"com.amazonaws#{code}", "message": message})


def message_on(topic: str, payload: object = b"{}", **fields: Any) -> Message:
    content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    known: dict[str, Any] = {"client_id": "temp_1", "principal": "certificate", "trace_id": "trace"}
    return Message(
        place=PLACE,
        topic=topic,
        published_to=fields.pop("published_to", topic),
        payload=content,
        now_ms=NOW_MS,
        **{**known, **fields},
    )


def declared(sql: str, *actions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"sql": sql, "awsIotSqlVersion": V2, "actions": list(actions), **more}


def rule_of(services: Services, sql: str, *actions: dict[str, Any], **more: Any) -> Rule:
    return parse_rule(PLACE, "rule", declared(sql, *actions, **more), services)


def run(
    services: Services,
    rules: dict[str, dict[str, Any]],
    message: Message,
    watch: Sequence[Watch] = (),
    during: Callable[[], None] | None = None,
) -> None:
    """Run rules on a message, until nothing is left to do."""
    stored = {(PLACE.account, PLACE.region, name): rule for name, rule in rules.items()}

    async def evaluate() -> None:
        engine = RuleEngine(RuleBook(lambda: stored, services), services, lambda _: watch)
        await engine.evaluate(message)
        if during is not None:
            during()
            await asyncio.sleep(0)
        await engine.close()

    asyncio.run(evaluate())


def run_one(
    services: Services,
    sql: str,
    message: Message,
    *actions: dict[str, Any],
    watch: Sequence[Watch] = (),
    **more: Any,
) -> None:
    run(services, {"rule": declared(sql, *actions, **more)}, message, watch)

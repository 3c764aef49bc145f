"""A query service over the real store, without a network."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from lab_utils.local_aws.place import Place
from lab_utils.local_aws.timestream.errors import AccessDeniedException
from lab_utils.local_aws.timestream.query.service import QueryService
from tests.unit.local_aws.timestream.conftest import PLACE, SECOND_NS, START_NS, Bench, reading

T = TypeVar("T")
Answer = dict[str, Any]


@dataclass
class Signer:
    """A caller, and what was asked about it."""

    arn: str = "arn:aws:iam::123456789012:user/student"
    place: Place = PLACE
    denied: frozenset[str] = frozenset()
    asked: list[tuple[str, str]] = field(default_factory=list)

    def require(
        self, action: str, resource: str, conditions: Mapping[str, object] | None = None
    ) -> None:
        del conditions  # tags are tried over HTTP
        self.asked.append((action, resource))
        if action in self.denied:
            raise AccessDeniedException(f"{self.arn} may not {action} on {resource}")


class Queries:
    """Asks the service as the API does; every call runs to its end."""

    def __init__(self, bench: Bench, time_limit_s: float = 20.0) -> None:
        self.bench = bench
        self.signer = Signer()
        self.flushes = 0
        self._loop = asyncio.new_event_loop()
        self.service = QueryService(
            bench.backend.catalog,
            bench.backend.store,
            bench.backend.clock.now_ns,
            self._flush,
            time_limit_s=time_limit_s,
        )

    async def _flush(self) -> None:
        self.flushes += 1

    def run(self, call: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(call)

    def ask(self, text: str, signer: Signer | None = None, **request: Any) -> Answer:
        call = self.service.query(signer or self.signer, {"QueryString": text, **request})
        answer: Answer = json.loads(self.run(call))
        return answer

    def rows(self, text: str) -> list[list[Any]]:
        """Return all rows of a query, page by page."""
        answer = self.ask(text)
        found = values(answer)
        while "NextToken" in answer:
            answer = self.ask(text, NextToken=answer["NextToken"])
            found += values(answer)
        return found

    def close(self) -> None:
        self.service.close()
        self._loop.close()


def values(answer: Answer) -> list[list[Any]]:
    """Return an answer's rows: texts, None, lists for arrays, rows and points."""
    return [[value(datum) for datum in row["Data"]] for row in answer["Rows"]]


def value(datum: dict[str, Any]) -> Any:
    ((kind, content),) = datum.items()
    if kind == "ArrayValue":
        return [value(item) for item in content]
    if kind == "RowValue":
        return [value(item) for item in content["Data"]]
    if kind == "TimeSeriesValue":
        return [[point["Time"], value(point["Value"])] for point in content]
    return None if kind == "NullValue" else content


def names_and_types(answer: Answer) -> list[list[Any]]:
    """Return an answer's columns: name, and the scalar type or the type's document."""
    return [
        [column["Name"], column["Type"].get("ScalarType", column["Type"])]
        for column in answer["ColumnInfo"]
    ]


@pytest.fixture
def queries(bench: Bench) -> Iterator[Queries]:
    """The service over ``house.readings``, which nothing was written to."""
    made = Queries(bench)
    yield made
    made.close()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Queries]:
    """The service over ``house.readings`` with six readings of two sensors, a second apart."""
    bench = Bench(Path(tmp_path_factory.mktemp("house")), now_ns=START_NS + 60 * SECOND_NS)
    bench.create_database()
    bench.create_table()
    for index in range(6):
        dimensions = [
            {"Name": "sensor_id", "Value": str(index % 2 + 1)},
            {"Name": "zone_id", "Value": "1"},
        ]
        bench.write(
            reading(str(20 + index / 2), START_NS + index * SECOND_NS, Dimensions=dimensions)
        )
    made = Queries(bench)
    yield made
    made.close()
    bench.backend.close()


def pairs(name: str) -> list[tuple[str, str]]:
    """Return a fixture's pairs: blocks between blank lines, two and two; ``--`` is a comment.

    Raises:
        ValueError: One block has no partner.
    """
    text = (Path(__file__).parent / "fixtures" / name).read_text(encoding="utf-8")
    lines = [line for line in text.split("\n") if not line.startswith("--")]
    blocks = [block.strip() for block in "\n".join(lines).split("\n\n") if block.strip()]
    if len(blocks) % 2:
        raise ValueError(f"{name}: {blocks[-1]!r} is not paired")
    return list(zip(blocks[::2], blocks[1::2], strict=True))

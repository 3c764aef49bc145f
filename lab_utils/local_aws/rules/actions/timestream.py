"""The Timestream action: each attribute of the result becomes a record.

Source:
    https://docs.aws.amazon.com/iot/latest/developerguide/timestream-rule-action.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar

from lab_utils.local_aws.rules.actions.base import InvalidActionError, Specification, Step
from lab_utils.local_aws.rules.message import Message
from lab_utils.local_aws.rules.roles import ActionFailedError, Permission
from lab_utils.local_aws.rules.sql.context import MessageContext
from lab_utils.local_aws.rules.sql.template import Template, parse_template
from lab_utils.local_aws.rules.sql.values import dump_json
from lab_utils.local_aws.timestream.records import NS_PER_UNIT, Moment, Shape

TIMESTREAM = "AmazonTimestreamWrite"
_MOST_VALUES = 100
_MOST_DIMENSIONS = 128
_RESERVED = ("measure_name", "measure_value", "time")
_LARGEST_BIGINT = 2**63 - 1
_BIGINT_DIGITS = 19


class TimestreamAction:
    """Writes the result's attributes as records of one time and the same dimensions.

    The type of a measure is that of the attribute's text: ``true`` a boolean, a number with a
    decimal point a double, one without a bigint, everything else a varchar, objects and arrays
    as JSON. A null has no type and makes no record (AWS documents nothing; our choice).

    Args:
        given: The declared action.

    Raises:
        InvalidActionError: A member is missing, a dimension has a name that is not taken, or
            the timestamp a unit that does not exist.
        SqlParseError: A template cannot be read.
    """

    kind: ClassVar[str] = "timestream"
    log_name: ClassVar[str] = "TimestreamAction"

    def __init__(self, given: Specification) -> None:
        self.role_arn = given.fixed("roleArn")
        self._writer = given.services
        self._database = given.template("databaseName")
        self._table = given.template("tableName")
        self.resource = given.text("tableName")
        self._dimensions = _dimensions(given)
        self._dimension_names = tuple(name for name, _ in self._dimensions)
        self._time = _Time(given)
        values = tuple(template for _, template in self._dimensions)
        time = self._time.templates
        self.templates: tuple[Template, ...] = (self._database, self._table, *values, *time)
        self._permissions: dict[tuple[Any, str, str], tuple[Permission, ...]] = {}

    def prepare(self, message: Message, context: MessageContext, output: Any) -> Step:
        """Return the write of the records."""
        database, table = self._database.render(context), self._table.render(context)
        moment = self._moment(context, output, self._time.read(message, context))
        return Step(
            resource=table,
            resources={"DatabaseName": database, "TableName": table},
            purpose="write records to the Timestream table",
            permissions=self._needed(message, database, table),
            perform=partial(self._write, message, database, table, moment),
        )

    def _write(
        self, message: Message, database: str, table: str, moment: Moment
    ) -> Future[Any] | None:
        if not moment:
            return None
        return self._writer.timestream.submit(message.place, database, table, moment)

    def _moment(self, context: MessageContext, output: Any, time_ns: int) -> Moment:
        if not isinstance(output, dict):
            raise ActionFailedError(
                "The rule's result is no JSON object, so it has no attributes to write to "
                "Timestream."
            )
        values = {name: value for name, value in output.items() if value is not None}
        if len(values) > _MOST_VALUES:
            raise ActionFailedError(
                f"The rule's result has {len(values)} values; at most {_MOST_VALUES} can be "
                "written at once."
            )
        measures = [measure(name, value) for name, value in values.items()]
        types, scalars = zip(*measures, strict=True) if measures else ((), ())
        shape = Shape(self._dimension_names, tuple(values), types)
        texts = tuple([template.render(context) for _, template in self._dimensions])
        return Moment(shape, texts, scalars, time_ns)

    def _needed(self, message: Message, database: str, table: str) -> tuple[Permission, ...]:
        key = (message.place, database, table)
        known = self._permissions.get(key)
        if known is None:
            arn = message.place.arn("timestream", f"database/{database}/table/{table}")
            known = (
                Permission(TIMESTREAM, "timestream:DescribeEndpoints", "*"),
                Permission(TIMESTREAM, "timestream:WriteRecords", arn),
            )
            if len(self._permissions) > _MOST_VALUES:
                self._permissions.clear()
            self._permissions[key] = known
        return known


class _Time:
    """The time of a record: the action's ``timestamp``, or when the message was processed."""

    def __init__(self, given: Specification) -> None:
        self._value: Template | None = None
        self._unit_ns = NS_PER_UNIT["MILLISECONDS"]
        if given.members.get("timestamp") is None:
            return
        self._value = given.template("timestamp", "value")
        declared = given.members["timestamp"].get("unit") or "MILLISECONDS"
        if declared not in NS_PER_UNIT:
            constraint = f"Member must satisfy enum value set: [{', '.join(NS_PER_UNIT)}]"
            where = given.member("timestamp", "unit")
            raise given.refusal(f"Value '{declared}' at '{where}'", constraint)
        self._unit_ns = NS_PER_UNIT[declared]

    @property
    def templates(self) -> tuple[Template, ...]:
        """The template, if there is one."""
        return (self._value,) if self._value else ()

    def read(self, message: Message, context: MessageContext) -> int:
        """Return the time, nanoseconds since the epoch."""
        if self._value is None:
            return message.now_ms * NS_PER_UNIT["MILLISECONDS"]
        text = self._value.render(context)
        try:
            return int(text) * self._unit_ns
        except ValueError:
            raise ActionFailedError(
                f"The timestamp '{text}' is no whole number of time units since the epoch."
            ) from None


def measure(name: str, value: Any) -> tuple[str, float | int | str | bool]:
    """Return type and value of the measure that an attribute becomes.

    Raises:
        ActionFailedError: A whole number is out of the range of a bigint.
    """
    if isinstance(value, bool):
        return "BOOLEAN", value
    if isinstance(value, int):
        if not -_LARGEST_BIGINT - 1 <= value <= _LARGEST_BIGINT:
            raise ActionFailedError(f"The value of '{name}' is out of the range of a bigint.")
        return "BIGINT", value
    if isinstance(value, Decimal):
        # The type follows from the text that the number has in JSON; 1E+3 is written 1000.
        if value.adjusted() > _BIGINT_DIGITS and "." not in dump_json(value):
            return measure(name, _LARGEST_BIGINT + 1)
        if "." in dump_json(value) or value % 1:
            return "DOUBLE", float(value)
        return measure(name, int(value))
    if isinstance(value, str):
        return "VARCHAR", value
    return "VARCHAR", dump_json(value)


def _dimensions(given: Specification) -> tuple[tuple[str, Template], ...]:
    """Return the dimensions, sorted by name."""
    declared = given.members.get("dimensions")
    if not isinstance(declared, list) or not declared:
        shown = "null" if declared is None else str(declared)
        constraint = "Member must have length greater than or equal to 1"
        raise given.refusal(f"Value {shown} at '{given.member('dimensions')}'", constraint)
    if len(declared) > _MOST_DIMENSIONS:
        constraint = f"Member must have length less than or equal to {_MOST_DIMENSIONS}"
        raise given.refusal(f"Value at '{given.member('dimensions')}'", constraint)
    return tuple(sorted(_each_dimension(given, declared), key=lambda pair: pair[0]))


def _each_dimension(given: Specification, declared: list[Any]) -> Iterator[tuple[str, Template]]:
    seen: set[str] = set()
    for number, dimension in enumerate(declared, 1):
        name = dimension.get("name") if isinstance(dimension, Mapping) else None
        value = dimension.get("value") if isinstance(dimension, Mapping) else None
        for member, text in (("name", name), ("value", value)):
            if not isinstance(text, str) or (member == "name" and not text):
                where = given.member("dimensions", str(number), "member", member)
                raise given.refusal(f"Value null at '{where}'", "Member must not be null")
        if problem := dimension_name_problem(str(name)):
            raise InvalidActionError(problem)
        if name in seen:
            raise InvalidActionError(f"The Timestream dimension '{name}' is declared twice.")
        seen.add(str(name))
        yield str(name), parse_template(str(value), given.version)


def dimension_name_problem(name: str) -> str:
    """Return what is wrong with a dimension's name; empty if nothing is."""
    if name in _RESERVED:
        return f"The Timestream dimension name '{name}' is reserved."
    if name.startswith(("ts_", "measure_value")):
        return f"The Timestream dimension name '{name}' begins with a reserved prefix."
    if ":" in name:
        return f"The Timestream dimension name '{name}' holds a colon."
    if "${" in name:
        return f"The Timestream dimension name '{name}' may not hold a substitution template."
    return ""

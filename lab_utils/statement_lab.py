"""The part of a Lab that runs the statements of a dashboard."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lab_utils.settings import Settings
from lab_utils.statements import PARTIQL, ask_dynamodb, ask_timestream, read_statement

if TYPE_CHECKING:
    import pandas as pd


class StatementLab(ABC):
    """Asks the questions that stand in files of the workspace."""

    settings: Settings
    _report: Callable[[str], None]

    @abstractmethod
    def client(self, service: str) -> Any:
        """Return the boto3 client of a service."""

    def ask(self, name: str, **values: object) -> pd.DataFrame:
        """Return the result of a statement in a file of the workspace, as a typed DataFrame.

        Args:
            name: The file's path, such as ``dashboard/readings.sql`` for Timestream; one that
                ends in ``.partiql`` is for DynamoDB.
            values: What stands for a name in braces: ``{limit}`` in Timestream's SQL.

        Raises:
            QueryError: No such file, a statement that is no SELECT, or AWS refuses it.
        """
        statement = read_statement(self.settings.workspace, name)
        if name.endswith(PARTIQL):
            frame = ask_dynamodb(self.client("dynamodb"), statement)
        else:
            frame = ask_timestream(self.client("timestream-query"), statement, values)
        given = "".join(f", {key} = {_short(value)}" for key, value in values.items())
        self._report(f"{name}{given}: {len(frame)} rows")
        return frame


def _short(value: object) -> str:
    return f"{value:%H:%M:%S}" if isinstance(value, datetime) else str(value)

"""A query's result, page by page.

The rows come from DuckDB as the API's JSON, one text each, so a page is put together by joins.
"""

from __future__ import annotations

import json
import secrets
import threading
from dataclasses import dataclass, field

from lab_utils.local_aws.timestream.errors import (
    ConflictException,
    QueryExecutionException,
    TimestreamError,
    ValidationException,
)
from lab_utils.local_aws.timestream.query.failures import failure
from lab_utils.local_aws.timestream.query.plans import Plan
from lab_utils.local_aws.timestream.query.rendering import finish
from lab_utils.local_aws.timestream.store import QueryCursor, QueryInterruptedError, StoreError

PAGE_BYTES = 1_000_000  # of rows; AWS's 1 MB holds the rest of the answer as well
MOST_USES = 5
METERED_BYTES = 10_000_000  # the least that AWS was seen to meter
_CHUNK = 1024


@dataclass
class Result:
    """One query's rows, read as far as its pages went.

    Attributes:
        query_id: The query's id.
        principal: Who asked; nobody else may read on.
        text: The query, which every request for a page repeats.
        plan: Its plan.
        cursor: The running query.
        is_cancelled: Whether CancelQuery ended it.
        wants_insights: Whether the answer tells what was read and given.
    """

    query_id: str
    principal: str
    text: str
    plan: Plan
    cursor: QueryCursor
    wants_insights: bool = False
    is_cancelled: bool = False
    is_finished: bool = False
    _rows: list[str] = field(default_factory=list)
    _next_row: int = 0
    _row_count: int = 0
    _byte_count: int = 0
    _token: str = ""
    _next_token: str = ""
    _page: bytes = b""
    _uses: int = 0
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def first_page(self, max_rows: int | None) -> bytes:
        """Return the answer to the query itself.

        If MaxRows is given and the result does not fit, the first answer has no rows but the
        token to get them with, as AWS documents it.

        Raises:
            TimestreamError: The query fails.
        """
        with self._guard:
            rows = self._take(max_rows)
            if max_rows is not None and self._has_more():
                self._rows[: self._next_row], self._next_row = rows, 0
                return self._answer([], progress=0.0)
            return self._answer(rows)

    def page(self, token: str, max_rows: int | None) -> bytes:
        """Return the answer for a token: the next page, or the last one again.

        Raises:
            ValidationException: The token is not of this result, or was used too often.
            TimestreamError: The query fails.
        """
        with self._guard:
            if self.is_cancelled:
                raise ConflictException("Unable to poll results for a cancelled query.")
            if token == self._next_token and token:
                self._token, self._uses = token, 1
                self._page = self._answer(self._take(max_rows))
                return self._page
            if token != self._token or self._uses >= MOST_USES:
                raise invalid_token()
            self._uses += 1
            return self._page

    def close(self) -> None:
        """Give up what the result holds."""
        self.cursor.interrupt()
        with self._guard:
            self._finish()
            self._rows, self._page, self._token, self._next_token = [], b"", "", ""

    def _finish(self) -> None:
        if not self.is_finished:
            self.is_finished = True
            self.cursor.close()

    def _take(self, max_rows: int | None) -> list[str]:
        """Return the next rows: as many as fit into a page, and no more than asked for."""
        taken: list[str] = []
        size = 0
        while (max_rows is None or len(taken) < max_rows) and self._has_more():
            row = self._rows[self._next_row]
            length = len(row) if row.isascii() else len(row.encode())
            if length > PAGE_BYTES:
                raise QueryExecutionException(
                    "Query aborted as max page response size has been exceeded by the output"
                    " result row"
                )
            if size + length > PAGE_BYTES:
                break
            size += length + 1
            taken.append(row)
            self._next_row += 1
        return taken

    def _has_more(self) -> bool:
        if self._next_row < len(self._rows):
            return True
        if self.is_finished:
            return False
        self._rows = [row[0] for row in self._fetch()]
        self._next_row = 0
        if not self._rows:
            self._finish()
        return bool(self._rows)

    def _fetch(self) -> list[tuple[str]]:
        try:
            return self.cursor.fetch(_CHUNK)
        except QueryInterruptedError as error:
            raise self._interrupted() from error
        except StoreError as error:
            raise failure(error.message) from error

    def _interrupted(self) -> TimestreamError:
        if self.is_cancelled:
            return ConflictException("Unable to poll results for a cancelled query.")
        return QueryExecutionException("The query ran longer than the embedded AWS allows.")

    def _answer(self, rows: list[str], progress: float = 100.0) -> bytes:
        joined = finish(",".join(rows))
        self._row_count += len(rows)
        self._byte_count += len(joined)
        self._next_token = f"{self.query_id}{secrets.token_hex(24)}" if self._has_more() else ""
        token = f'"NextToken":"{self._next_token}",' if self._next_token else ""
        rest = {"ColumnInfo": self.plan.column_info(), "QueryStatus": self._status(progress)}
        if self.wants_insights and not self._next_token:
            rest["QueryInsightsResponse"] = {
                "QueryTableCount": len(self.plan.tables),
                "OutputRows": self._row_count,
                "OutputBytes": self._byte_count,
            }
        tail = json.dumps(rest, separators=(",", ":"))
        return f'{{"QueryId":"{self.query_id}",{token}"Rows":[{joined}],{tail[1:]}'.encode()

    def _status(self, progress: float) -> dict[str, object]:
        """Return the QueryStatus. What AWS scans we cannot know: it is what was returned."""
        return {
            "ProgressPercentage": progress,
            "CumulativeBytesScanned": 0 if self.plan.is_free else self._byte_count,
            "CumulativeBytesMetered": 0 if self.plan.is_free else METERED_BYTES,
        }


def invalid_token() -> ValidationException:
    """Return the error for a token that gives no page (any more)."""
    return ValidationException("Invalid pagination token")

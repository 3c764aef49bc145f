"""The operations Query, CancelQuery and PrepareQuery."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from lab_utils.local_aws.place import Place
from lab_utils.local_aws.timestream.caller import Caller
from lab_utils.local_aws.timestream.catalog import Catalog
from lab_utils.local_aws.timestream.errors import (
    InternalServerException,
    QueryExecutionException,
    ValidationException,
)
from lab_utils.local_aws.timestream.query.plan_cache import PlanCache
from lab_utils.local_aws.timestream.query.plans import Plan
from lab_utils.local_aws.timestream.query.prepared import prepared_document
from lab_utils.local_aws.timestream.query.results import Result, invalid_token
from lab_utils.local_aws.timestream.query.retained import Answers, Results
from lab_utils.local_aws.timestream.query.sql_errors import SqlError
from lab_utils.local_aws.timestream.store import Store, StoreError

Request = Mapping[str, Any]
Conditions = Callable[[str], Mapping[str, object]]

T = TypeVar("T")

TIME_LIMIT_S = 55.0  # a client gives up after 60 s, which is AWS's HTTP timeout
_GRACE_S = 3.0
_THREADS = 8
_ID_BYTES = 20


class QueryService:
    """Answers queries; DuckDB and the translation run on threads of their own.

    Args:
        catalog: What tables there are.
        store: Where they are.
        now_ns: The lab's time, nanoseconds since the epoch.
        flush: Waits until what was acknowledged can be read, with the store open.
        conditions: Condition keys of a resource, by its ARN, for policies.
        time_limit_s: How long one request may take.
    """

    def __init__(
        self,
        catalog: Catalog,
        store: Store,
        now_ns: Callable[[], int],
        flush: Callable[[], Awaitable[None]],
        *,
        conditions: Conditions | None = None,
        time_limit_s: float = TIME_LIMIT_S,
    ) -> None:
        self._store = store
        self._now_ns = now_ns
        self._flush = flush
        self._conditions = conditions or (lambda _: {})
        self._time_limit_s = time_limit_s
        self._plans = PlanCache(catalog)
        self._results = Results()
        self._answers = Answers()
        self._threads = ThreadPoolExecutor(_THREADS, "timestream-query")

    async def query(self, caller: Caller, request: Request) -> bytes:
        """Return the answer to Query, as JSON.

        Args:
            caller: Who asks.
            request: The API's QueryRequest, checked against its constraints.

        Raises:
            ValidationException: The query is wrong; the text says where.
            QueryExecutionException: It failed while it ran.
            AccessDeniedException: The caller may not read a table.
            ConflictException: It was cancelled.
        """
        text, token = request["QueryString"], request.get("NextToken")
        if token:
            return await self._next_page(caller, text, token, request.get("MaxRows"))
        key = (caller.arn, request.get("ClientToken", ""))
        known = self._answers.get(key, text) if key[1] else None
        if known is not None:
            return known
        answer = await self._run(caller, text, request)
        if key[1]:
            self._answers.put(key, text, answer)
        return answer

    async def cancel(self, caller: Caller, request: Request) -> dict[str, Any]:
        """Return the answer to CancelQuery: a message only if there was nothing to cancel."""
        caller.require("timestream:CancelQuery", "*")
        query_id = request["QueryId"]
        result = self._results.get(query_id)
        if result is None or result.principal != caller.arn:
            raise ValidationException(f"There is no query {query_id}.")
        if result.is_cancelled:
            return {"CancellationMessage": f"Query {query_id} has already been cancelled."}
        if result.is_finished:
            return {"CancellationMessage": f"Query {query_id} has already completed."}
        result.is_cancelled = True
        await self._in_thread(result.close)
        return {}

    async def prepare(self, caller: Caller, request: Request) -> dict[str, Any]:
        """Return the answer to PrepareQuery: the query's columns and parameters."""
        text = request["QueryString"]
        await self._flush()
        plan = await self._plan(caller.place, text)
        self._authorise(caller, plan)
        return prepared_document(text, plan)

    def close(self) -> None:
        """End all queries."""
        for result in self._results.drop_all():
            result.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, caller: Caller, text: str, request: Request) -> bytes:
        await self._flush()
        plan = await self._plan(caller.place, text)
        self._authorise(caller, plan)
        if plan.parameters:
            raise ValidationException(
                f"The query has parameters ({', '.join(plan.parameters)}), which only"
                " PrepareQuery takes."
            )
        result = self._open(caller, text, plan, request)
        try:
            answer = await self._paged(result, partial(result.first_page, request.get("MaxRows")))
        except BaseException:
            self._discard(result)
            raise
        for dropped in self._results.add(result):
            self._discard(dropped)
        return answer

    async def _next_page(
        self, caller: Caller, text: str, token: str, max_rows: int | None
    ) -> bytes:
        result = self._results.of_token(token)
        if result is None or result.principal != caller.arn or result.text != text:
            raise invalid_token()
        self._authorise(caller, result.plan)
        return await self._paged(result, partial(result.page, token, max_rows))

    async def _plan(self, place: Place, text: str) -> Plan:
        known = self._plans.get(place, text)
        if known is not None:
            return known
        try:
            return await self._in_thread(partial(self._plans.make, place, text))
        except SqlError as error:
            raise ValidationException(error.message) from error

    def _authorise(self, caller: Caller, plan: Plan) -> None:
        for right in plan.rights:
            arn = "*"
            if right.resource is not None:
                arn = caller.place.arn("timestream", right.resource)
            caller.require(f"timestream:{right.action}", arn, self._conditions(arn))

    def _open(self, caller: Caller, text: str, plan: Plan, request: Request) -> Result:
        insights = (request.get("QueryInsights") or {}).get("Mode", "DISABLED")
        try:
            cursor = self._store.open_query(plan.sql(self._now_ns()))
        except StoreError as error:
            raise InternalServerException(
                f"The embedded AWS cannot use its Timestream store: {error.message}"
            ) from error
        query_id = base64.b32encode(secrets.token_bytes(_ID_BYTES)).decode()
        wants_insights = insights != "DISABLED"
        return Result(query_id, caller.arn, text, plan, cursor, wants_insights)

    async def _paged(self, result: Result, make_page: Callable[[], bytes]) -> bytes:
        """Return a page, made in a thread; interrupt the query if that takes too long."""
        page = asyncio.ensure_future(self._in_thread(make_page))
        try:
            await asyncio.wait({page}, timeout=self._time_limit_s)
        finally:
            if not page.done():
                result.cursor.interrupt()
        if not page.done():
            await asyncio.wait({page}, timeout=_GRACE_S)
        if page.done():
            return page.result()
        page.add_done_callback(lambda late: late.exception())
        raise QueryExecutionException("The query ran longer than the embedded AWS allows.")

    def _discard(self, result: Result) -> None:
        """Close a result in a thread: its query may take a while to notice."""
        result.cursor.interrupt()
        self._threads.submit(result.close)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

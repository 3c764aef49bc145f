"""What a service keeps of past queries, bounded in time, number and bytes."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from lab_utils.local_aws.timestream.errors import ValidationException
from lab_utils.local_aws.timestream.query.results import Result

TOKEN_LIFE_S = 3600.0
CLIENT_TOKEN_LIFE_S = 4 * 3600.0
MOST_RESULTS = 64  # our choice: more clients than a lab has, each in the middle of its pages
MOST_ANSWER_BYTES = 8_000_000
Key = tuple[str, ...]


class Results:
    """The results that may still be read or cancelled, the last used at the end.

    Args:
        monotonic_s: A clock that never goes back, seconds.
    """

    def __init__(self, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._monotonic_s = monotonic_s
        self._results: OrderedDict[str, tuple[Result, float]] = OrderedDict()

    def add(self, result: Result) -> list[Result]:
        """Keep a result; return those that are dropped for it, to be closed."""
        now_s = self._monotonic_s()
        self._results[result.query_id] = (result, now_s)
        dropped = []
        while self._results:
            query_id, (oldest, used_s) = next(iter(self._results.items()))
            if len(self._results) <= MOST_RESULTS and now_s - used_s < TOKEN_LIFE_S:
                break
            del self._results[query_id]
            dropped.append(oldest)
        return dropped

    def get(self, query_id: str) -> Result | None:
        """Return a query's result, if it is kept."""
        known = self._results.get(query_id)
        return known[0] if known else None

    def of_token(self, token: str) -> Result | None:
        """Return the result that a token is of, if its hour is not over."""
        for query_id, (result, used_s) in self._results.items():
            if token.startswith(query_id):
                now_s = self._monotonic_s()
                if now_s - used_s >= TOKEN_LIFE_S:
                    return None
                self._results[query_id] = (result, now_s)
                self._results.move_to_end(query_id)
                return result
        return None

    def drop_all(self) -> list[Result]:
        """Forget every result; return them, to be closed."""
        dropped = [result for result, _ in self._results.values()]
        self._results.clear()
        return dropped


class Answers:
    """The answers by client token: a request that is sent again is not run again.

    Args:
        monotonic_s: A clock that never goes back, seconds.
    """

    def __init__(self, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._monotonic_s = monotonic_s
        self._answers: OrderedDict[Key, tuple[str, bytes, float]] = OrderedDict()
        self._byte_count = 0

    def get(self, key: Key, text: str) -> bytes | None:
        """Return the answer that a request got before.

        Args:
            key: The principal and the client token.
            text: The query.

        Raises:
            ValidationException: The token came with another query. Which error AWS gives is
                not documented.
        """
        known, answer, made_s = self._answers.get(key, (text, None, 0.0))
        if answer is None or self._monotonic_s() - made_s >= CLIENT_TOKEN_LIFE_S:
            return None
        if known != text:
            raise ValidationException("The ClientToken was used with another QueryString.")
        return answer

    def put(self, key: Key, text: str, answer: bytes) -> None:
        """Keep an answer; the oldest make room for it."""
        before = self._answers.pop(key, None)
        self._byte_count += len(answer) - (len(before[1]) if before else 0)
        self._answers[key] = (text, answer, self._monotonic_s())
        while self._byte_count > MOST_ANSWER_BYTES:
            _, (_, oldest, _) = self._answers.popitem(last=False)
            self._byte_count -= len(oldest)

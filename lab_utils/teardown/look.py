"""What a look at a service has at hand, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from lab_utils.teardown.calls import ClientOf
from lab_utils.teardown.leftovers import Leftover
from lab_utils.teardown.ownership import Owner

_MISSING = ("NotFound", "NoSuch")
"""What is in the error codes of something that has gone between two questions."""


@dataclass(frozen=True)
class Look:
    """What a look at a service has at hand.

    Attributes:
        client: Returns the boto3 client of a service.
        owner: Tells whose a resource is.
        tagged: The ARNs that the tagging API names for the workbook's tag.
        functions: The names of the practical's functions, each with the doubt whose it is.
    """

    client: ClientOf
    owner: Owner
    tagged: frozenset[str] = field(default_factory=frozenset)
    functions: Mapping[str, str] = field(default_factory=dict)

    def every(self, service: str, operation: str, key: str, **arguments: Any) -> list[Any]:
        """Return the entries of all pages of a listing.

        Args:
            service: The service's name in boto3.
            operation: The operation, such as ``list_things``.
            key: The field of an answer that holds the entries.
            arguments: The operation's arguments.
        """
        client = self.client(service)
        if not client.can_paginate(operation):
            return list(_by_token(getattr(client, operation), key, arguments))
        pages = client.get_paginator(operation).paginate(**arguments)
        return [one for page in pages for one in page.get(key, [])]


Looker = Callable[[Look], Iterator[Leftover]]
"""Asks one service, and yields what it has of the practical."""


def unless_gone(look: Callable[[], Any], default: Any) -> Any:
    """Return what a look finds, or the default if what it is about has gone meanwhile."""
    try:
        return look()
    except ClientError as error:
        if is_gone(error):
            return default
        raise


def is_gone(error: ClientError) -> bool:
    """Tell whether AWS says that something is not there."""
    code = error.response["Error"]["Code"]
    return any(word in code for word in _MISSING)


def _by_token(ask: Callable[..., Any], key: str, arguments: dict[str, Any]) -> Iterator[Any]:
    """Yield the entries of a listing of Timestream, which boto3 has no paginator for."""
    token: dict[str, str] = {}
    while True:
        page = ask(**arguments, **token)
        yield from page.get(key, [])
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}

"""Who sends a request, and what they may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from lab_utils.local_aws.place import Place


class Caller(Protocol):
    """The signer of a request.

    Attributes:
        place: The account and the region that the request is for.
        arn: The ARN of the principal.
    """

    place: Place
    arn: str

    def require(
        self, action: str, resource: str, conditions: Mapping[str, object] | None = None
    ) -> None:
        """Return if the caller may do something.

        Args:
            action: The IAM action, such as ``timestream:Select``.
            resource: The ARN of what it acts upon.
            conditions: Condition keys of the request with their values.

        Raises:
            AccessDeniedException: In AWS's words.
        """

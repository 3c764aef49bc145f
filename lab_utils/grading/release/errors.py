"""What keeps a release from being made."""

from __future__ import annotations

from collections.abc import Sequence

from lab_utils.errors import LabError


class ReleaseError(LabError):
    """The students' version cannot be made, or must not be handed on as it is.

    Args:
        problems: All that was found, a sentence each; ``happened`` says the same.
    """

    def __init__(
        self, attempted: str, happened: str, next_step: str, problems: Sequence[str] = ()
    ) -> None:
        super().__init__(attempted, happened, next_step)
        self.problems = tuple(problems)

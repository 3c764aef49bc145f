"""What the resources have in common that are nothing but values of the state."""

from __future__ import annotations

from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.resource import Resource
from lab_utils.local_aws.provider.values import State


class Value(Resource):
    """Values that are made once and kept until an argument changes."""

    def read(self, _context: Context, _state: State) -> State:
        """Return nothing new: there is nowhere else to look."""
        return {}

    def update(self, _context: Context, _prior: State, _planned: State) -> None:
        """Keep the values."""

    def delete(self, _context: Context, _state: State) -> None:
        """Forget the values, which the state does by itself."""

"""Plans by query text, so that a query that comes every minute is translated once."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial

from lab_utils.local_aws.place import Place
from lab_utils.local_aws.timestream.catalog import Catalog
from lab_utils.local_aws.timestream.query.plans import Plan, plan_query
from lab_utils.local_aws.timestream.query.show import is_show, plan_show
from lab_utils.local_aws.timestream.query.statements import Source, tokenize

MOST_PLANS = 256
LONGEST_TEXT = 20_000


class PlanCache:
    """Makes plans and keeps the latest; a plan holds as long as its tables' columns do.

    Args:
        catalog: What tables there are.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._plans: OrderedDict[tuple[Place, str], Plan] = OrderedDict()

    def get(self, place: Place, text: str) -> Plan | None:
        """Return the plan of a query that was made before, if it still holds."""
        plan = self._plans.get((place, text))
        if plan is None:
            return None
        for view in plan.tables:
            if self._catalog.view(place, view.database, view.table) != view:
                return None
        return plan

    def make(self, place: Place, text: str) -> Plan:
        """Return the plan of a statement.

        Raises:
            SqlError: Timestream refuses it; the text says where.
        """
        source = Source(text)
        tokens = tokenize(source)
        if is_show(tokens):
            return plan_show(tokens, source, self._catalog, place)
        view = partial(self._catalog.view, place)
        plan = plan_query(tokens, source, view, partial(self._catalog.has_database, place))
        if len(text) <= LONGEST_TEXT:
            self._keep((place, text), plan)
        return plan

    def _keep(self, key: tuple[Place, str], plan: Plan) -> None:
        self._plans[key] = plan
        self._plans.move_to_end(key)
        while len(self._plans) > MOST_PLANS:
            self._plans.popitem(last=False)

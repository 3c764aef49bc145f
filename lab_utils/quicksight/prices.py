"""What QuickSight costs, as AWS publishes it."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

SOURCE = "https://aws.amazon.com/quick/quicksight/pricing/"
READ_ON = "2026-10-07"
"""When the prices below stood there."""
USD_PER_MONTH = MappingProxyType({"author": 24, "reader": 3, "author pro": 40, "reader pro": 20})
"""For each user of the account, whether or not they look at anything. An admin is an author."""
PRO_FEE_USD = 250
"""For the whole account, each month, as soon as one user is a Pro or questions in words are on."""


@dataclass(frozen=True)
class Cost:
    """The monthly cost of some users; all amounts in US dollars, without tax.

    Attributes:
        authors: Users who make dashboards; whoever signs the account up is one.
        readers: Users who only look.
    """

    authors: int
    readers: int

    @property
    def usd_per_month(self) -> int:
        """What they cost together."""
        author, reader = USD_PER_MONTH["author"], USD_PER_MONTH["reader"]
        return self.authors * author + self.readers * reader

    def __str__(self) -> str:
        """Return the cost in words."""
        pro, reader_pro = USD_PER_MONTH["author pro"], USD_PER_MONTH["reader pro"]
        return (
            f"QuickSight costs about {self.usd_per_month} US dollars a month here: "
            f"{_people(self.authors, 'author')} at {USD_PER_MONTH['author']} and "
            f"{_people(self.readers, 'reader')} at {USD_PER_MONTH['reader']} each. It is paid for "
            "each user of the account, by the month, whether anyone looks or not, until the "
            "account's subscription is deleted; a deleted dashboard saves nothing.\n"
            f"Take no Pro users: they cost {pro} (author) and {reader_pro} (reader), and one of "
            f"them adds {PRO_FEE_USD} a month for the account. Each refresh of the dashboard "
            "queries Timestream, which is paid by what it scans.\n"
            f"Prices of {READ_ON}, from {SOURCE} ; they may have changed, so look there first. "
            "The data source, the data set and the dashboard cost nothing by themselves."
        )


def _people(count: int, kind: str) -> str:
    return f"{count} {kind}{'' if count == 1 else 's'}"

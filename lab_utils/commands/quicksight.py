"""``lab quicksight``: the dashboard on AWS: its cost, make it, look at it, delete it."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from functools import cache

from lab_utils.commands.answers import print_json, settings_of
from lab_utils.quicksight.quicksight import QuickSight
from lab_utils.targets import AwsTarget


def cost(arguments: argparse.Namespace) -> int:
    """Print what QuickSight costs a month."""
    found = _quicksight(arguments).cost(arguments.authors, arguments.readers)
    if arguments.json:
        print_json({**asdict(found), "usd_per_month": found.usd_per_month})
    return 0


def create(arguments: argparse.Namespace) -> int:
    """Make data source, data set and dashboard, once the cost is confirmed."""
    address = _quicksight(arguments).create(
        arguments.user,
        confirm=arguments.yes,
        days=arguments.days,
        data_source_arn=arguments.data_source,
    )
    if arguments.json:
        print_json({"url": address})
    return 0


def status(arguments: argparse.Namespace) -> int:
    """Print what there is of the workbook in QuickSight."""
    parts = _quicksight(arguments).status()
    if arguments.json:
        print_json({"parts": [asdict(part) for part in parts]})
    return 0


def delete(arguments: argparse.Namespace) -> int:
    """Delete what the workbook made; with the account's id, the whole subscription."""
    quicksight = _quicksight(arguments)
    if arguments.subscription is not None:
        quicksight.delete_subscription(arguments.subscription)
        gone = []
    else:
        gone = [asdict(part) for part in quicksight.delete()]
    if arguments.json:
        print_json({"deleted": gone, "subscription": arguments.subscription is not None})
    return 0


def _quicksight(arguments: argparse.Namespace) -> QuickSight:
    settings = settings_of(arguments)

    def report(line: str) -> None:
        print(line, file=sys.stderr if arguments.json else sys.stdout)

    @cache
    def target() -> AwsTarget:
        return AwsTarget(settings, report)

    return QuickSight(settings, lambda service: target().client(service), report)

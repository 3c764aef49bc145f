"""Walking over a statement's tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass

from lab_utils.local_aws.rules.sql import nodes
from lab_utils.local_aws.rules.sql.functions import FUNCTIONS
from lab_utils.local_aws.rules.sql.nodes import Node


def walk(*roots: object, into_subqueries: bool = True) -> Iterator[object]:
    """Yield nodes and all below them, in the order of the text.

    Of a nested SELECT that is not gone into, only what it selects from follows.
    """
    waiting = list(reversed(roots))
    while waiting:
        node = waiting.pop()
        if isinstance(node, tuple | list):
            waiting.extend(reversed(node))
        elif isinstance(node, nodes.Subquery) and not into_subqueries:
            waiting.append(node.source)
        elif is_dataclass(node):
            yield node
            waiting.extend(getattr(node, field.name) for field in reversed(fields(node)))


def asks_other_services(*roots: object) -> bool:
    """Return whether a function of another service is called anywhere."""
    return any(
        isinstance(node, nodes.Call) and FUNCTIONS[node.name].is_external for node in walk(*roots)
    )


def observed(where: Node | None) -> Iterable[tuple[str, Node]]:
    """Return the attributes, variables and calls of a WHERE, each text once."""
    found: dict[str, Node] = {}
    for node in walk(where, into_subqueries=False):
        if isinstance(node, nodes.Path):
            found.setdefault(node.text, node)
        elif isinstance(node, nodes.Variable):
            found.setdefault(f"@{node.name}", node)
        elif isinstance(node, nodes.Call) and not asks_again(node):
            found.setdefault(node.text, node)
    return found.items()


def asks_again(call: nodes.Call) -> bool:
    """Return whether calling once more asks other services, or answers differently."""
    return any(
        isinstance(node, nodes.Call)
        and (FUNCTIONS[node.name].is_external or FUNCTIONS[node.name].is_random)
        for node in walk(call)
    )

"""Mistakes at what is switched: on for off, and a word where nothing should be said."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from lab_utils.mutants.source import Mutant, Source

_SWITCH = re.compile(r"enable|on|off|state|switch|cool|active|power|ac", re.IGNORECASE)
_OPPOSITES = {"true": "false", "on": "off", "enabled": "disabled", "enable": "disable"}
_BOTH_WAYS = _OPPOSITES | {new: old for old, new in _OPPOSITES.items()}
_PAGING = re.compile(r"token|page|next|paginat", re.IGNORECASE)
_UNCHANGED = "what should stay as it is, is switched off"


def switches(source: Source) -> Iterator[Mutant]:
    """Yield mutants of a module's switching."""
    for node in source.nodes():
        if isinstance(node, ast.Constant):
            yield from _constant(source, node)
        elif isinstance(node, ast.Return) and node.value is None and _decides(source, node):
            yield source.change("between", node, "return False", _UNCHANGED)
        elif isinstance(node, ast.If):
            yield from _unguarded(source, node)
        elif isinstance(node, ast.Continue) and _is_in_a_loop(source, node):
            words = "all that comes after it is left out"
            yield source.change("break", node, "break", words)


def _constant(source: Source, node: ast.Constant) -> Iterator[Mutant]:
    if source.is_only_said(node):
        return
    shown = _shown(source, node)
    if isinstance(node.value, bool) and _is_said(source, node):
        on, off = ("on", "off") if node.value else ("off", "on")
        yield source.change("on and off", node, str(not node.value), f"{off} for {on}", shown)
    elif isinstance(node.value, str) and (other := _opposite(source, node)):
        yield source.change("on and off", node, other, "on and off exchanged", shown)
    elif node.value is None and _is_outcome(source, node) and _decides(source, node):
        yield source.change("between", node, "False", _UNCHANGED, shown)


def _shown(source: Source, node: ast.AST) -> ast.AST:
    """Return what is shown around a word: its statement if it is short, else what holds it."""
    statement = next(one for one in source.parents(node) if isinstance(one, ast.stmt | ast.Module))
    is_short = not hasattr(statement, "body") and "\n" not in source.segment(statement)
    return statement if is_short else source.parent(node)


def _is_outcome(source: Source, node: ast.AST) -> bool:
    """Return whether a value is what a function returns or a variable becomes."""
    parent = source.parent(node)
    if isinstance(parent, ast.IfExp) and node is not parent.test:
        return _is_outcome(source, parent)
    return isinstance(parent, ast.Return | ast.Assign)


def _is_said(source: Source, node: ast.Constant) -> bool:
    """Return whether a truth value is one that decides, and not an option of a call."""
    parent = source.parent(node)
    if isinstance(parent, ast.keyword):
        return bool(parent.arg and _SWITCH.search(parent.arg))
    if isinstance(parent, ast.Dict):
        return node in parent.values
    if isinstance(parent, ast.Call):
        return node in parent.args and not _is_get(parent)
    return isinstance(parent, ast.Tuple) or _is_outcome(source, node)


def _is_get(call: ast.Call) -> bool:
    """Return whether a call is ``x.get(name, False)``."""
    return isinstance(call.func, ast.Attribute) and call.func.attr in ("get", "getenv")


def _opposite(source: Source, node: ast.Constant) -> str | None:
    """Return the literal of the text that says the opposite, or None for another text."""
    text, written = str(node.value), source.segment(node)
    if isinstance(source.parent(node), ast.Expr | ast.Compare | ast.Subscript):
        return None
    if text.lower() in _BOTH_WAYS:
        is_key = isinstance(parent := source.parent(node), ast.Dict) and node in parent.keys
        word = text.lower()
        other = _BOTH_WAYS[word]
        is_payload = is_key or word in ("enabled", "disabled", "enable", "disable")
        return None if is_payload else written.replace(text, _in_case(text, other))
    found = re.search(r"(:\s*)(true|false)\b", written)
    if found and "{" in text:
        start, end = found.span(2)
        return f"{written[:start]}{_BOTH_WAYS[found[2]]}{written[end:]}"
    return None


def _in_case(model: str, word: str) -> str:
    if model.isupper():
        return word.upper()
    return word.capitalize() if model[:1].isupper() else word


def _decides(source: Source, node: ast.AST) -> bool:
    """Return whether what becomes nothing here becomes True or False elsewhere."""
    function, becomes = source.function_of(node), _target(source, node)
    return any(
        isinstance(one, ast.Constant)
        and isinstance(one.value, bool)
        and source.function_of(one) is function
        and _is_outcome(source, one)
        and _target(source, one) == becomes
        for one in ast.walk(function)
    )


def _target(source: Source, node: ast.AST) -> str:
    """Return the text of the variable that a value becomes; "" for what is returned."""
    parents = (one for one in (node, *source.parents(node)) if isinstance(one, ast.stmt))
    statement = next(parents, None)
    return source.segment(statement.targets[0]) if isinstance(statement, ast.Assign) else ""


def _unguarded(source: Source, node: ast.If) -> Iterator[Mutant]:
    """Yield the mutant in which nothing is taken for something: a guard is gone."""
    test = node.test
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return
    right = test.comparators[0]
    is_of_none = isinstance(right, ast.Constant) and right.value is None
    if not is_of_none or _PAGING.search(source.segment(test)):
        return
    words = "the case without a value is no longer treated apart"
    if isinstance(test.ops[0], ast.Is | ast.Eq) and isinstance(
        node.body[-1], ast.Return | ast.Continue
    ):
        yield source.change("nothing", test, "False", words)
    elif isinstance(test.ops[0], ast.IsNot | ast.NotEq):
        yield source.change("nothing", test, "True", words)


def _is_in_a_loop(source: Source, node: ast.AST) -> bool:
    """Return whether a word ends the turn of a ``for`` loop."""
    loops = (one for one in source.parents(node) if isinstance(one, ast.For | ast.While))
    return isinstance(next(loops, None), ast.For)

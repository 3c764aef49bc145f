"""Mistakes at the mean: another number for it, readings cut or lost, nothing taken for 0."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lab_utils.mutants.source import Mutant, Source

_MEANS = {"mean", "fmean", "average", "median", "nanmean"}
_MODULES = {"statistics", "numpy", "np"}
_INSTEAD = (
    ("max({0})", "the highest"),
    ("min({0})", "the lowest"),
    ("list({0})[-1]", "the last one"),
    ("sum({0})", "the sum"),
)
_OWN_MEANS = (("max", "the highest"), ("min", "the lowest"), ("sum", "the sum"))
_NOT_READ = {"ValueError", "TypeError", "KeyError"}


def means(source: Source) -> Iterator[Mutant]:
    """Yield mutants of a module's means."""
    for node in source.nodes():
        if isinstance(node, ast.Call):
            yield from _call(source, node)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            yield from _division(source, node)
        elif isinstance(node, ast.AugAssign):
            yield from _running_sum(source, node)
        elif isinstance(node, ast.IfExp):
            yield from _nothing(source, node)
        elif isinstance(node, ast.ExceptHandler):
            yield from _uncaught(source, node)


def _call(source: Source, node: ast.Call) -> Iterator[Mutant]:
    name = _name(node.func)
    if _is_a_mean(source, node.func) and len(node.args) == 1 and not node.keywords:
        yield from _instead(source, node, source.segment(node.args[0]))
    elif name in _MEANS and not node.args and isinstance(node.func, ast.Attribute):
        owner = source.segment(node.func.value)
        for method, words in _OWN_MEANS:
            yield source.change("mean", node, f"{owner}.{method}()", f"{words}, not the mean")
    elif name == "float" and len(node.args) == 1 and not _is_compared_or_set(source, node):
        by = f"float(int({source.segment(node)}))"
        yield source.change("decimals", node, by, "what follows the point is cut off")


def _is_a_mean(source: Source, function: ast.expr) -> bool:
    """Return whether a function is one of a library's that returns the mean of its argument."""
    if isinstance(function, ast.Attribute):
        is_module = isinstance(function.value, ast.Name) and function.value.id in _MODULES
        return is_module and function.attr in _MEANS
    imports = (one for one in ast.walk(source.tree) if isinstance(one, ast.ImportFrom))
    return isinstance(function, ast.Name) and any(
        (alias.asname or alias.name) == function.id and alias.name in _MEANS
        for one in imports
        if one.module in _MODULES
        for alias in one.names
    )


def _is_compared_or_set(source: Source, node: ast.Call) -> bool:
    """Return whether a number is compared, or is a threshold: these are whole, so no cut shows."""
    is_module = isinstance(source.function_of(node), ast.Module)
    return is_module or isinstance(source.parent(node), ast.Compare)


def _instead(source: Source, node: ast.AST, values: str) -> Iterator[Mutant]:
    for form, words in _INSTEAD:
        yield source.change("mean", node, form.format(values), f"{words}, not the mean")


def _division(source: Source, node: ast.BinOp) -> Iterator[Mutant]:
    left, right = node.left, node.right
    if isinstance(left, ast.Call) and _name(left.func) == "sum" and len(left.args) == 1:
        yield from _instead(source, node, source.segment(left.args[0]))
    elif not isinstance(right, ast.Constant) and not isinstance(left, ast.Constant):
        yield source.change("mean", node, source.segment(left), "the sum, not the mean")


def _running_sum(source: Source, node: ast.AugAssign) -> Iterator[Mutant]:
    is_sum = isinstance(node.op, ast.Add) and isinstance(node.value, ast.Name | ast.Call)
    loops = (one for one in source.parents(node) if isinstance(one, ast.For | ast.While))
    if is_sum and next(loops, None) is not None:
        by = f"{source.segment(node.target)} = {source.segment(node.value)}"
        yield source.change("mean", node, by, "the last one, not the sum of all")


def _nothing(source: Source, node: ast.IfExp) -> Iterator[Mutant]:
    is_mean = any(
        isinstance(one, ast.Call) and _name(one.func) in {*_MEANS, "sum"}
        for one in ast.walk(node.body)
    )
    if is_mean and isinstance(node.orelse, ast.Constant) and node.orelse.value is None:
        words = "the mean of nothing is 0"
        yield source.change("nothing", node.orelse, "0.0", words, node)


def _uncaught(source: Source, node: ast.ExceptHandler) -> Iterator[Mutant]:
    """Yield mutants that no longer survive what cannot be read as a number."""
    if not isinstance(node.type, ast.Tuple):
        return
    names = [_name(one) for one in node.type.elts]
    if len(names) < 2 or not set(names) <= _NOT_READ or "ValueError" not in names:
        return
    others = [source.segment(one) for one in node.type.elts if _name(one) != "ValueError"]
    by = others[0] if len(others) == 1 else f"({', '.join(others)})"
    words = "a text that is no number ends the function"
    yield source.change("unreadable", node.type, by, words)


def _name(node: ast.AST) -> str:
    """Return the last part of a name such as ``statistics.fmean``."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""

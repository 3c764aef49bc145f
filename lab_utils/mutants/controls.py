"""A change that is no mistake: tests that notice it look at the text, not at what it does."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lab_utils.mutants.source import Source

_COMMENT = "# The same function, written in another way."
_MIRRORED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
}
_SEES_NAMES = {"locals", "vars", "eval", "exec", "dir", "globals", "query"}
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


def rewrite(source: Source, ending: str = "_") -> str:
    """Return a module that does the same in other words.

    Its layout and its comments are others, its comparisons are mirrored, its functions' local
    variables have other names.

    Args:
        source: The module.
        ending: What is added to the names of local variables.
    """
    tree = ast.parse(source.text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            _mirror(node)
        elif isinstance(node, ast.FunctionDef):
            _rename(node, ending)
    try:
        text = ast.unparse(tree)
        ast.parse(text)
    except (ValueError, SyntaxError):  # some f-strings have no other form before Python 3.12
        text = source.text
    return f"{text}\n\n\n{_COMMENT}\n"


def _mirror(node: ast.Compare) -> None:
    """Write ``35 < mean`` for ``mean > 35``, where no side does anything."""
    sides = (node.left, *node.comparators)
    is_plain = all(isinstance(one, ast.Name | ast.Constant) for one in sides)
    if is_plain and len(node.ops) == 1 and type(node.ops[0]) in _MIRRORED:
        node.left, node.comparators = node.comparators[0], [node.left]
        node.ops = [_MIRRORED[type(node.ops[0])]()]


def _rename(function: ast.FunctionDef, ending: str) -> None:
    """Give a function's variables other names, where nothing could see the old ones."""
    inner = [node for one in function.body for node in ast.walk(one)]
    if any(isinstance(node, _SCOPES) for node in inner) or _SEES_NAMES & set(_read_names(inner)):
        return
    bound_otherwise = set(_other_names(inner))
    arguments = {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
    assigned = {
        node.id for node in inner if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    own = assigned - arguments - bound_otherwise
    for node in inner:
        if isinstance(node, ast.Name) and node.id in own:
            node.id += ending


def _other_names(nodes: list[ast.AST]) -> Iterator[str]:
    """Yield the names that stand in the tree as a text: of ``global``, ``except``, ``import``."""
    for node in nodes:
        if isinstance(node, ast.Global):
            yield from node.names
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).split(".")[0]
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
            yield node.name or ""
        elif isinstance(node, ast.MatchMapping):
            yield node.rest or ""


def _read_names(nodes: list[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr

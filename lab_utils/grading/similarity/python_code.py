"""Python as signs: the syntax tree, without names that the student chose, texts and comments.

What others name stays: well-known modules, methods, builtins, keywords of calls.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lab_utils.grading.similarity.passages import NAME, PYTHON, Passage, Sign

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_KNOWN = frozenset(dir(builtins)) | {
    *("boto3", "botocore", "collections", "datetime", "functools", "itertools", "json", "logging"),
    *("math", "os", "pathlib", "pytest", "re", "statistics", "sys", "uuid"),
}
"""Names that mean the same to everybody, unless a text gives them to something of its own."""
_NOT_A_SIGN = (ast.expr_context, ast.Expr)
_NOT_LOOKED_AT = {"annotation", "returns", "type_comment", "type_params", "lineno"}
_MAGIC = re.compile(r"^[ \t]*[%!][^\n]*", re.M)


def parse(text: str) -> ast.Module | None:
    """Return the tree of a Python text or of a cell; None if it is no Python.

    Args:
        text: The text; lines with a magic or a shell command of IPython count as empty.
    """
    try:
        return ast.parse(_MAGIC.sub("", text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


@dataclass(frozen=True)
class _Names:
    """What a text itself names.

    Attributes:
        bound: Its functions, classes, arguments and variables.
        members: The methods and attributes of its classes.
    """

    bound: frozenset[str]
    members: frozenset[str]

    def of_name(self, name: str) -> str:
        """Return a name if it is known to everybody, else what stands for one."""
        return name if name in _KNOWN and name not in self.bound else NAME

    def of_member(self, name: str) -> str:
        """Return the name of an attribute or a method, unless the text itself defines it."""
        return NAME if name in self.members else name


def _names_in(tree: ast.Module) -> _Names:
    """Return what a text names. Another text has no say in it: its names would change this one."""
    bound: set[str] = set()
    members: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            members |= {one.name for one in node.body if isinstance(one, _FUNCTIONS)}
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            members.add(node.attr)
    return _Names(frozenset(bound), frozenset(members))


def python_passages(file: str, tree: ast.Module) -> Iterator[Passage]:
    """Yield each function of a tree, and each statement outside of functions.

    Args:
        file: Its name.
        tree: The tree; see `parse`.
    """
    names = _names_in(tree)
    for statement in _movable(tree.body):
        signs = tuple(_signs(statement, names, 1))
        if signs:
            yield Passage(PYTHON, file, signs)


def _movable(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield what can stand anywhere: functions, the methods of a class, other statements."""
    for statement in body:
        if isinstance(statement, ast.ClassDef):
            yield from _movable(statement.body)
        elif not isinstance(statement, ast.Import | ast.ImportFrom) and not _is_text(statement):
            yield statement


def _signs(node: ast.AST, names: _Names, line: int) -> Iterator[Sign]:
    line = getattr(node, "lineno", line)
    if _is_text(node):
        return
    text = _text_of(node, names)
    if text:
        yield Sign(text, line)
    if isinstance(node, ast.JoinedStr):
        return
    for name, value in ast.iter_fields(node):
        if name in _NOT_LOOKED_AT:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _signs(child, names, line)


def _text_of(node: ast.AST, names: _Names) -> str:
    """Return what a node is; "" for one that says nothing."""
    if isinstance(node, _NOT_A_SIGN):
        return ""
    if isinstance(node, ast.Name):
        return names.of_name(node.id)
    if isinstance(node, ast.Attribute):
        return f".{names.of_member(node.attr)}"
    if isinstance(node, ast.keyword):
        return f"{NAME if node.arg in names.bound else node.arg}="
    if isinstance(node, ast.Constant):
        return type(node.value).__name__
    # A text is a text, with values in it or not; f-strings are often put in the place of others.
    return "str" if isinstance(node, ast.JoinedStr) else type(node).__name__


def _is_text(node: ast.AST) -> bool:
    """Return whether a node is a docstring, or another text that nothing is done with."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return isinstance(node.value.value, str)
    return False

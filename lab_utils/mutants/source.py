"""A module's source, its syntax tree, and where in the text each node stands."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_LONGEST_SHOWN = 90
_AROUND = 30
"""So many bytes are shown on both sides of a change in a long text."""


@dataclass(frozen=True)
class Mutant:
    """A copy of the sources with one mistake in it.

    Attributes:
        kind: What kind of mistake, such as ``border``.
        file: The module's name in the folder of the sources.
        line: The line of the mistake, from 1.
        right: The text where the mistake is made.
        wrong: What stands there instead.
        words: The mistake in words.
        text: The whole module, with the mistake.
    """

    kind: str
    file: str
    line: int
    right: str
    wrong: str
    words: str
    text: str = field(repr=False)

    def __str__(self) -> str:
        """Return place, change and meaning, in a line."""
        return f"{self.file}:{self.line}: `{self.right}` became `{self.wrong}` ({self.words})"


class Source:
    """A module that can be changed at one place, with all else kept as it was written.

    Args:
        file: Its name in the folder of the sources.
        text: Its text.

    Raises:
        SyntaxError: The text is no Python.
    """

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text.removeprefix("\ufeff")
        self.tree = ast.parse(self.text, filename=file)
        self._data = self.text.encode("utf-8")
        self._starts = [0]
        for line in self._data.split(b"\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._parents: dict[ast.AST, ast.AST] = {}
        for parent in ast.walk(self.tree):
            self._parents.update(dict.fromkeys(ast.iter_child_nodes(parent), parent))

    @classmethod
    def read(cls, path: Path, file: str) -> Source:
        """Return a file's source.

        Raises:
            SyntaxError: It is no Python.
            ValueError: It cannot be decoded.
        """
        data = path.read_bytes()
        return cls(file, data.decode(_encoding(data)))

    def parents(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield what encloses a node, the nearest first."""
        while node in self._parents:
            node = self._parents[node]
            yield node

    def parent(self, node: ast.AST) -> ast.AST:
        """Return what encloses a node; the module for the module itself."""
        return self._parents.get(node, self.tree)

    def function_of(self, node: ast.AST) -> ast.AST:
        """Return the function that a node stands in, else the module."""
        functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
        return next((one for one in self.parents(node) if isinstance(one, functions)), self.tree)

    def is_only_said(self, node: ast.AST) -> bool:
        """Return whether a text is a docstring, or goes to a log or into an error."""
        for one in self.parents(node):
            if isinstance(one, ast.Call) and _last_name(one.func) in _SAYING:
                return True
            if isinstance(one, ast.stmt):
                is_docstring = isinstance(one, ast.Expr) and one.value is node
                return is_docstring or isinstance(one, ast.Raise | ast.Assert)
        return False

    def nodes(self) -> Iterator[ast.AST]:
        """Yield the nodes that can be changed, in the order of the text.

        No test comes to what is run as a program only. And before Python 3.12 what stands inside
        an f-string has the place of another text.
        """
        placed = [node for node in ast.walk(self.tree) if hasattr(node, "lineno")]
        found = [node for node in placed if not any(map(_is_out_of_reach, self.parents(node)))]
        yield from sorted(found, key=self._span)

    def segment(self, node: ast.AST) -> str:
        """Return a node's text."""
        start, end = self._span(node)
        return self._data[start:end].decode("utf-8")

    def change(
        self,
        kind: str,
        node: ast.AST,
        by: str,
        words: str,
        shown: ast.AST | None = None,
        since: ast.AST | None = None,
    ) -> Mutant:
        """Return the mutant that has another text at a node.

        Args:
            kind: The kind of mistake.
            node: What is replaced.
            by: The text that replaces it.
            words: The mistake in words.
            shown: The node around it that is shown to the reader; the node itself by default.
            since: The node at which that begins, where it is an earlier one.
        """
        first, last = self._span(shown or node)
        around = (self._span(since)[0] if since else first, last)
        return self._changed(kind, self._span(node), by, words, around)

    def change_between(
        self, kind: str, nodes: tuple[ast.AST, ast.AST], old: str, by: str, words: str
    ) -> Mutant:
        """Return the mutant that has another text between two nodes, such as another operator.

        Args:
            kind: The kind of mistake.
            nodes: The node before and the one after.
            old: The text between them that is replaced, where it first stands.
            by: The text that replaces it.
            words: The mistake in words.
        """
        first, last = self._span(nodes[0])[1], self._span(nodes[1])[0]
        start = self._data.index(old.encode("utf-8"), first, last)
        span = (start, start + len(old.encode("utf-8")))
        return self._changed(kind, span, by, words, self._span(self.parent(nodes[1])))

    def _changed(
        self, kind: str, span: tuple[int, int], by: str, words: str, around: tuple[int, int]
    ) -> Mutant:
        start, end = span
        first, last = around
        new = by.encode("utf-8")
        if last - first > _LONGEST_SHOWN:
            first, last = max(first, start - _AROUND), min(last, end + _AROUND)
        return Mutant(
            kind,
            self.file,
            self._line_of(start),
            _in_a_line(self._data[first:last]),
            _in_a_line(self._data[first:start] + new + self._data[end:last]),
            words,
            (self._data[:start] + new + self._data[end:]).decode("utf-8"),
        )

    def _line_of(self, offset: int) -> int:
        return self._data.count(b"\n", 0, offset) + 1

    def _span(self, node: ast.AST) -> tuple[int, int]:
        places = [getattr(node, name) for name in _PLACES]
        return self._starts[places[0] - 1] + places[1], self._starts[places[2] - 1] + places[3]


def write_module(path: Path, text: str) -> None:
    """Write a module in the encoding that it names, with the line ends that it has."""
    path.write_bytes(text.encode(_encoding(text.encode("utf-8"))))


def _encoding(data: bytes) -> str:
    return tokenize.detect_encoding(io.BytesIO(data).readline)[0]


def _is_out_of_reach(node: ast.AST) -> bool:
    """Return whether nothing in a node is to be changed."""
    if isinstance(node, ast.If):
        return ast.unparse(node.test).replace('"', "'") == "__name__ == '__main__'"
    return isinstance(node, ast.JoinedStr)


def _last_name(node: ast.AST) -> str:
    return str(getattr(node, "attr", getattr(node, "id", "")))


_SAYING = {"print", "debug", "info", "warning", "warn", "error", "exception", "critical", "log"}
_PLACES = ("lineno", "col_offset", "end_lineno", "end_col_offset")


def _in_a_line(data: bytes) -> str:
    """Return a text in one line that is not too long."""
    text = " ".join(data.decode("utf-8", errors="replace").split())
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."

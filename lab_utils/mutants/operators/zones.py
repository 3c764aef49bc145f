"""Mistakes at the zones: one is dropped, they are mixed, their topics are others."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from lab_utils.house.topics import command_topic
from lab_utils.mutants.source import Mutant, Source

_ZONE = re.compile(r"zone|room|area", re.IGNORECASE)
_SENDS = re.compile(r"publish|send|switch|notify", re.IGNORECASE)
_ONE, _OTHER = command_topic(1), command_topic(2)
_STEM = _ONE[:-1]
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_FIRST_ONLY = "list({0})[:1]"


def zones(source: Source) -> Iterator[Mutant]:
    """Yield mutants of a module's zones and topics."""
    for node in source.nodes():
        if isinstance(node, ast.For) and not isinstance(node.body[-1], ast.Return | ast.Break):
            yield from _loop(source, node.iter)
        elif isinstance(node, ast.Subscript):
            yield from _mixed(source, node)
        elif isinstance(node, ast.Constant | ast.JoinedStr):
            yield from _topic(source, node)
        elif isinstance(node, ast.Expr):
            yield from _unsent(source, node)
        elif isinstance(node, _COMPREHENSIONS):
            for generator in node.generators:
                yield from _loop(source, generator.iter)


def _unsent(source: Source, node: ast.Expr) -> Iterator[Mutant]:
    """Yield the mutant that leaves out a statement that sends."""
    if isinstance(node.value, ast.Call) and _SENDS.search(source.segment(node.value.func)):
        yield source.change("dropped", node, "pass", "this is never sent")


def _loop(source: Source, iterated: ast.expr) -> Iterator[Mutant]:
    """Yield the mutant in which a loop ends after its first turn."""
    text = source.segment(iterated)
    words = "the first only: all others are left out"
    yield source.change("dropped", iterated, _FIRST_ONLY.format(text), words)


def _mixed(source: Source, node: ast.Subscript) -> Iterator[Mutant]:
    """Yield the mutant that takes every zone for the first one."""
    index = node.slice
    if isinstance(index, ast.Name) and _ZONE.search(index.id):
        yield source.change("mixed", index, "1", "all zones are one", node)


def _topic(source: Source, node: ast.Constant | ast.JoinedStr) -> Iterator[Mutant]:
    """Yield mutants that send to another topic."""
    if isinstance(node, ast.Constant) and not isinstance(node.value, str):
        return
    written = source.segment(node)
    if _STEM not in written or source.is_only_said(node):
        return
    yield source.change("topic", node, written.replace(_STEM, "AC/"), "another topic")
    if found := re.search(r"\{[^{}]*\}", written):
        by = f"{written[: found.start()]}1{written[found.end() :]}"
        yield source.change("topic", node, by, "one topic for all zones")
    elif _ONE in written or _OTHER in written:
        old, new = (_ONE, _OTHER) if _ONE in written else (_OTHER, _ONE)
        yield source.change("topic", node, written.replace(old, new), "the other zone's topic")

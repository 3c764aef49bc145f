"""HCL as signs: blocks by themselves, arguments in a fixed order, chosen names gone.

What a provider or Terraform names stays: types of resources, arguments, functions. JSON in a
heredoc is read as the object that it is, so ``jsonencode`` says the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lab_utils.grading.similarity.passages import HCL, NAME, NUMBER, TEXT, Passage, Sign

# Possessive, and with an end for what never ends: a text made to be slow is read as fast as others.
_TOKEN = re.compile(
    r"""
    (?P<comment>\#[^\n]*+|//[^\n]*+|/\*(?:.*?\*/|.*+))
  | (?P<heredoc><<-?(?P<mark>\w++)[^\n]*+\n)
  | (?P<string>"(?>\$\{(?>[^{}"\n]|"[^"\n]*+")*+\}|\\.|[^"\\\n])*+"?)
  | (?P<number>\d[\d.]*+)
  | (?P<name>[A-Za-z_][\w-]*+(?:\.(?:[A-Za-z_][\w-]*+|\*|\d++))*+)
  | (?P<newline>\n)
  | (?P<sign>=>|==|!=|<=|>=|&&|\|\||[^\s])
    """,
    re.X | re.S,
)
_CLOSED_BY = {"{": "}", "[": "]", "(": ")"}
_ONLY_A_REFERENCE = re.compile(r'"\$\{([\w.*-]+)\}"')
_OWN_TYPE = {"resource", "data", "provider", "dynamic"}
"""Blocks whose first label is no name of the student's."""
_DEEPEST = 60


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    line: int


@dataclass(frozen=True)
class _Group:
    """What stands between brackets: items, which a comma or a line's end parts."""

    bracket: str
    items: tuple[tuple[_Token | _Group, ...], ...]
    line: int


_Node = _Token | _Group
_Item = tuple[_Node, ...]


def hcl_passages(file: str, text: str) -> Iterator[Passage]:
    """Yield each block of an HCL text; what cannot be read is read as far as it goes.

    Args:
        file: Its name.
        text: The text.
    """
    for item in _read_items(_tokens(text, 1), "", 0):
        signs = tuple(_signs_of_item(item, is_named_by_student=False))
        if signs:
            yield Passage(HCL, file, signs)


def _tokens(text: str, line: int) -> Iterator[_Token]:
    place = 0
    while match := _TOKEN.search(text, place):
        line += text.count("\n", place, match.start())
        place, kind = match.end(), match.lastgroup or ""
        if match["heredoc"]:
            end = _end_of_heredoc(text, place, match["mark"])
            yield from _heredoc_tokens(text[place:end], line + 1)
            place = end + len(match["mark"])
        elif kind != "comment":
            yield _Token(kind, match[0], line)
        line += text.count("\n", match.start(), place)


def _end_of_heredoc(text: str, begin: int, mark: str) -> int:
    """Return where the mark stands that ends a heredoc, or where the text ends."""
    place = begin
    while (place := text.find(mark, place)) >= 0:
        line_begin = text.rfind("\n", 0, place) + 1
        if not text[line_begin:place].strip() and line_begin >= begin:
            return place
        place += len(mark)
    return len(text)


def _heredoc_tokens(text: str, line: int) -> Iterator[_Token]:
    """Yield what a heredoc holds if that is an object, else a text."""
    if text.lstrip().startswith(("{", "[")):
        yield from _tokens(text, line)
    else:
        yield _Token("string", '""', line)


def _read_items(tokens: Iterator[_Token], closer: str, depth: int) -> tuple[_Item, ...]:
    """Return the items up to a closing bracket."""
    items: list[_Item] = []
    nodes: list[_Node] = []
    for token in tokens:
        if token.text == closer:
            break
        if token.kind == "newline" or token.text == ",":
            items.append(tuple(nodes))
            nodes = []
        elif token.kind == "sign" and token.text in _CLOSED_BY and depth < _DEEPEST:
            inner = _read_items(tokens, _CLOSED_BY[token.text], depth + 1)
            nodes.append(_Group(token.text, inner, token.line))
        else:
            nodes.append(token)
    return tuple(item for item in (*items, tuple(nodes)) if item)


def _signs_of_item(item: _Item, *, is_named_by_student: bool) -> list[Sign]:
    """Return an item's signs: of an argument, a block, or an expression.

    Args:
        item: The item.
        is_named_by_student: Whether an argument's name here is the student's, as in ``locals``.
    """
    first = item[0]
    if isinstance(first, _Token) and len(item) > 1 and _is_text(item[1], "=", ":"):
        key = NAME if is_named_by_student else first.text.strip('"')
        return [Sign(f"{key}=", first.line), *_signs_of_nodes(item[2:])]
    return _signs_of_block(item) if _is_block(item) else _signs_of_nodes(item)


def _is_block(item: _Item) -> bool:
    """Return whether an item is names and labels before braces."""
    *head, body = item
    has_body = isinstance(body, _Group) and body.bracket == "{"
    labels = [one for one in head if isinstance(one, _Token) and one.kind in ("name", "string")]
    return has_body and bool(head) and len(labels) == len(head) and labels[0].kind == "name"


def _signs_of_block(item: _Item) -> list[Sign]:
    kind, *labels = (node for node in item if isinstance(node, _Token))
    body = item[-1]
    signs = [Sign(kind.text, kind.line)]
    for place, label in enumerate(labels):
        is_type = place == 0 and kind.text in _OWN_TYPE
        signs.append(Sign(label.text.strip('"') if is_type else NAME, label.line))
    assert isinstance(body, _Group)
    return [*signs, *_signs_of_group(body, is_named_by_student=kind.text == "locals")]


def _signs_of_nodes(nodes: Iterable[_Node]) -> list[Sign]:
    signs: list[Sign] = []
    for node in nodes:
        if isinstance(node, _Group):
            signs += _signs_of_group(node)
        elif node.text != "jsonencode":
            signs += [Sign(text, node.line) for text in _texts_of(node)]
    return signs


def _signs_of_group(group: _Group, *, is_named_by_student: bool = False) -> list[Sign]:
    inner = [_signs_of_item(item, is_named_by_student=is_named_by_student) for item in group.items]
    if group.bracket == "{":
        inner.sort(key=lambda signs: [sign.text for sign in signs])
    if group.bracket == "(":
        # Around a call's only argument there may be parentheses or not.
        return [sign for signs in inner for sign in signs]
    end = Sign(_CLOSED_BY[group.bracket], inner[-1][-1].line if inner and inner[-1] else group.line)
    return [Sign(group.bracket, group.line), *(sign for signs in inner for sign in signs), end]


def _texts_of(token: _Token) -> list[str]:
    """Return the texts of a token's signs."""
    if token.kind == "string":
        reference = _ONLY_A_REFERENCE.fullmatch(token.text)
        return _texts_of_reference(reference[1]) if reference else [TEXT]
    if token.kind == "number":
        return [NUMBER]
    return _texts_of_reference(token.text) if "." in token.text else [token.text]


def _texts_of_reference(reference: str) -> list[str]:
    """Return what is left of a reference without the name: ``aws_iam_role.N.arn``."""
    parts = reference.split(".")
    named = 2 if parts[0] == "data" else 1
    if len(parts) > named:
        parts[named] = NAME
    return [".".join(parts)]


def _is_text(node: _Node, *texts: str) -> bool:
    return isinstance(node, _Token) and node.text in texts

"""The parts of a Terraform file, found by a scanner that goes on where Terraform gives up.

Terraform reads a file as a whole or not at all. To set aside the one block that is wrong, its
beginning and its end have to be known even where a quote, a brace or a heredoc's end is missing:
a string ends at the latest at the end of its line, and a block at the latest where a line begins
that can only begin another one.

Source: https://developer.hashicorp.com/terraform/language/syntax/configuration
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

BLOCK, ATTRIBUTE, STRAY = "block", "attribute", "stray"
_HEADER = re.compile(
    r'(?P<name>[^\W\d][\w-]*)(?P<labels>(?:[ \t]+(?:"[^"\n]*"|[^\W\d][\w-]*))*)'
    r"[ \t]*(?:\r?\n\s*)?\{"
)
_BROKEN_HEADER = re.compile(
    r"(?P<name>resource|data|output|variable|module|provider|locals|terraform)\b(?P<rest>[^\n]*)"
)
"""The first line of a block that lacks its brace, or a quote before it."""
_ATTRIBUTE = re.compile(r"(?P<name>[^\W\d][\w-]*)[ \t]*=(?![=>])")
_LABEL = re.compile(r'"([^"\n]*)"|([^\W\d][\w-]*)')
_WORD = re.compile(r"[\w-]+")
_HEREDOC = re.compile(r"<<-?(?P<mark>[^\W\d][\w-]*)[ \t]*\r?\n")
_COMMENT = re.compile(r"(?:#|//)[^\n]*|/\*.*?(?:\*/|\Z)", re.S)
_SPACE = re.compile(r"\s+")
_NEXT_BLOCK = re.compile(
    r'^(?:[ \t]*(?:resource|data)[ \t]+"[^"\n]*"[ \t]+"[^"\n]*"[ \t]*\{'
    r'|(?:output|variable|module|provider)[ \t]+"[^"\n]*"[ \t]*\{'
    r"|(?:terraform|locals)[ \t]*\{)",
    re.M,
)
"""What begins a block at the top of a file and stands nowhere within another."""
_OPENING, _CLOSING = "{[(", "}])"
_DEEPEST = 20
"""How many strings within expressions within strings are told apart."""


@dataclass(frozen=True)
class Part:
    """One part of a file, or of a block.

    Attributes:
        kind: ``block``, ``attribute``, or ``stray`` for what is neither.
        name: The block's or the attribute's name, such as ``resource``; "" for what is neither.
        labels: The labels of a block.
        start: Where it begins in the text.
        end: Where it ends, exclusive.
        inner: Beginning and end of a block's body, or of an attribute's value.
        is_closed: Whether a block has its closing brace.
    """

    kind: str
    name: str
    labels: tuple[str, ...]
    start: int
    end: int
    inner: tuple[int, int]
    is_closed: bool = True

    @property
    def title(self) -> str:
        """Its first line as Terraform shows it, such as ``resource "aws_iot_thing" "house"``."""
        return " ".join([self.name, *(f'"{label}"' for label in self.labels)]).strip()

    @property
    def address(self) -> str:
        """How expressions name it, such as ``data.aws_region.here``; "" where none does."""
        if self.kind != BLOCK:
            return ""
        if self.name == "resource" and len(self.labels) == 2:
            return ".".join(self.labels)
        prefix = {"variable": "var", "data": "data", "module": "module", "output": "output"}
        return ".".join([prefix[self.name], *self.labels]) if self.name in prefix else ""


def scan(text: str, start: int = 0, end: int | None = None) -> list[Part]:
    """Return the parts of a text, in order.

    Args:
        text: Of a Terraform file.
        start: Where to begin.
        end: Where to end; for the parts of a block its `Part.inner` gives both.
    """
    return list(_parts(text, start, len(text) if end is None else end))


def parts_of(text: str, block: Part) -> list[Part]:
    """Return the parts of a block."""
    return scan(text, *block.inner)


def line_of(text: str, offset: int) -> int:
    """Return the line, from 1, that a place in a text is in."""
    return text.count("\n", 0, offset) + 1


def last_line_of(text: str, part: Part) -> int:
    """Return the last line of a part."""
    return line_of(text, max(part.start, part.end - 1))


def part_at(text: str, parts: list[Part], line: int) -> Part | None:
    """Return the part that a line belongs to; the one before it where it belongs to none."""
    found = None
    for part in parts:
        if line_of(text, part.start) > line:
            break
        found = part
        if last_line_of(text, part) >= line:
            break
    return found


def blanked(text: str, start: int, end: int) -> str:
    """Return the text without a stretch of it; every line keeps its number."""
    return text[:start] + "\n" * text.count("\n", start, end) + text[end:]


def _parts(text: str, at: int, end: int) -> Iterator[Part]:
    while (at := _after_blank(text, at, end)) < end:
        if header := _HEADER.match(text, at, end):
            part = _block(text, header, end)
        elif attribute := _ATTRIBUTE.match(text, at, end):
            stop, value_end = _line_end(text, attribute.end(), end)
            inner = (min(_after_blank(text, attribute.end(), stop), value_end), value_end)
            part = Part(ATTRIBUTE, attribute["name"], (), at, stop, inner)
        elif broken := _BROKEN_HEADER.match(text, at, end):
            labels = tuple(_WORD.findall(broken["rest"]))
            stop, _is_closed = _block_end(text, broken.end(), end)
            inner = (broken.end(), stop)
            part = Part(BLOCK, broken["name"], labels, at, stop, inner, is_closed=False)
        else:
            stop = max(_line_end(text, at, end)[0], at + 1)
            part = Part(STRAY, "", (), at, stop, (stop, stop))
        yield part
        at = part.end


def _block(text: str, header: re.Match[str], end: int) -> Part:
    labels = tuple(quoted or plain for quoted, plain in _LABEL.findall(header["labels"]))
    stop, is_closed = _block_end(text, header.end(), end)
    inner = (header.end(), stop - 1 if is_closed else stop)
    return Part(BLOCK, header["name"], labels, header.start(), stop, inner, is_closed)


def _block_end(text: str, at: int, end: int) -> tuple[int, bool]:
    """Return where a block ends whose body begins here, and whether a brace closes it."""
    limit = _next_block(text, at, end)
    depth = 1
    while at < end:
        if at >= limit:
            # Beyond what can only be another block: that one, or a string or comment with its
            # like in it, which the scanner has stepped over as a whole.
            if at == limit:
                return _before_blank(text, at), False
            limit = _next_block(text, at, end)
        if text[at] == "{":
            depth += 1
        elif text[at] == "}":
            depth -= 1
            if depth == 0:
                return at + 1, True
        at = _step(text, at, end)
    return _before_blank(text, end), False


def _next_block(text: str, at: int, end: int) -> int:
    found = _NEXT_BLOCK.search(text, at, end)
    return found.start() if found else end


def _line_end(text: str, at: int, end: int) -> tuple[int, int]:
    """Return where a line ends, which may go on within brackets and heredocs, and its value."""
    depth, value_end = 0, at
    while at < end:
        is_end = text[at] == "\n" and (depth <= 0 or _NEXT_BLOCK.match(text, at + 1, end))
        if is_end:
            break
        if text[at] in _OPENING:
            depth += 1
        elif text[at] in _CLOSING:
            depth -= 1
        is_value = not (text[at].isspace() or _COMMENT.match(text, at, end))
        at = _step(text, at, end)
        value_end = at if is_value else value_end
    return at, value_end


def _step(text: str, at: int, end: int) -> int:
    """Return where the next token begins: strings, heredocs and comments are one each."""
    character = text[at]
    if character == '"':
        return _string_end(text, at + 1, end)
    if character in "#/" and (comment := _COMMENT.match(text, at, end)):
        return comment.end()
    if character == "<" and (heredoc := _HEREDOC.match(text, at, end)):
        return _heredoc_end(text, heredoc, end)
    return at + 1


def _string_end(text: str, at: int, end: int, depth: int = 0) -> int:
    """Return where a string ends: after its quote, or where its line does."""
    while at < end and text[at] not in '"\n':
        if text[at] == "\\":
            at += 2
        elif text.startswith(("$${", "%%{"), at):
            at += 3
        elif text.startswith(("${", "%{"), at):
            at = _template_end(text, at + 2, end, depth)
        else:
            at += 1
    return min(at + 1, end) if text[at : at + 1] == '"' else min(at, end)


def _template_end(text: str, at: int, end: int, depth: int) -> int:
    """Return where an expression within a string ends: after its brace, or where its line does."""
    braces = 1
    while at < end and text[at] != "\n":
        if text[at] == "{":
            braces += 1
        elif text[at] == "}":
            braces -= 1
            if braces == 0:
                return at + 1
        is_string = text[at] == '"' and depth < _DEEPEST
        at = _string_end(text, at + 1, end, depth + 1) if is_string else at + 1
    return at


def _heredoc_end(text: str, heredoc: re.Match[str], end: int) -> int:
    """Return where a heredoc ends: after its mark, else where another block begins."""
    mark = re.compile(rf"^[ \t]*{re.escape(heredoc['mark'])}[ \t]*\r?$", re.M)
    found = mark.search(text, heredoc.end(), end)
    if found:
        return found.end()
    return _next_block(text, heredoc.end(), end)


def _after_blank(text: str, at: int, end: int) -> int:
    """Return where the next thing begins that is neither blank nor a comment."""
    while at < end:
        found = _SPACE.match(text, at, end) or _COMMENT.match(text, at, end)
        if not found:
            return at
        at = found.end()
    return end


def _before_blank(text: str, at: int) -> int:
    return len(text[:at].rstrip())

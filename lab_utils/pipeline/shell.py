"""Shell text taken apart: which programs it calls with which words, as far as reading can tell.

Nothing is run. A word that depends on what only a run knows holds `UNKNOWN` in that place.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

ROOT = "/builds/project"
"""The repository's folder in what is read; what a runner calls ``CI_PROJECT_DIR``."""
UNKNOWN = "\N{REPLACEMENT CHARACTER}"
_OPERATORS = re.compile(r"&&|\|\||;;|[;&|()\n]")
_REDIRECTION = re.compile(r"\d?(>>|>\||>|<<<|<<-?|<)&?")
_NAME = re.compile(r"[A-Za-z_]\w*")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.S)
_HEREDOC = re.compile(r"<<-?[ \t]*(['\"]?)(\w+)\1")
_DEEPEST = 30


@dataclass
class Shell:
    """What a shell knows while it works: its folder, its variables, its arguments.

    Attributes:
        folder: Where it is.
        variables: By name.
        arguments: ``$0``, ``$1`` and so on.
    """

    folder: str = ROOT
    variables: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ("bash",)

    def path(self, word: str) -> str:
        """Return the absolute form of a path."""
        return posixpath.normpath(posixpath.join(self.folder, word))

    def expand(self, raw: str, depth: int = 0) -> str:
        """Return what a word of the text stands for."""
        return _Expansion(self, depth).text(raw)


@dataclass(frozen=True)
class Simple:
    """A simple command: words that are not expanded yet.

    Attributes:
        words: As they stand in the text.
        line: The line in the text, from 0.
    """

    words: tuple[str, ...]
    line: int


def simple_commands(text: str) -> Iterator[Simple]:
    """Yield the simple commands of a shell text, in the order in which they stand."""
    words: list[str] = []
    position, line, begun = 0, 0, 0
    text = _without_heredocs(text.replace("\r\n", "\n")).replace("\\\n", "  ")
    while position < len(text):
        if operator := _OPERATORS.match(text, position):
            if words:
                yield Simple(tuple(words), begun)
            words = []
            line += operator[0].count("\n")
            position = operator.end()
        elif redirection := _REDIRECTION.match(text, position):
            position = _word_end(text, _blank_end(text, redirection.end()))
        elif text[position] in " \t":
            position += 1
        elif text[position] == "#":
            position = (text.find("\n", position) + len(text) + 1) % (len(text) + 1)
        else:
            end = _word_end(text, position)
            begun = begun if words else line
            words.append(text[position:end])
            line += text.count("\n", position, end)
            position = end
    if words:
        yield Simple(tuple(words), begun)


def inner_texts(word: str) -> Iterator[str]:
    """Yield the texts of the commands whose output is put into a word."""
    position = 0
    while position < len(word):
        quoted = word[position] == '"'
        end = _part_end(word, position)
        part = word[position:end]
        if part.startswith("$("):
            yield part[2:-1]
        elif part.startswith("`"):
            yield part[1:-1]
        elif quoted or part.startswith("${"):
            yield from inner_texts(part[1:-1])
        position = end


def assignment(word: str) -> tuple[str, str] | None:
    """Return name and value of a word such as ``NAME=value``; None if it is none."""
    found = _ASSIGNMENT.fullmatch(word)
    return (found[1], found[2]) if found else None


def substituted(text: str, variables: Mapping[str, str]) -> str:
    """Return a text of the YAML with GitLab's variables in it put in; unknown ones stay."""

    def value(found: re.Match[str]) -> str:
        return variables.get(found[1] or found[2], found[0])

    return re.sub(r"\$\{(\w+)\}|\$(\w+)", value, text)


def _without_heredocs(text: str) -> str:
    """Return the text with empty lines for what is the input of a command."""
    kept: list[str] = []
    awaited = ""
    for line in text.split("\n"):
        if awaited:
            awaited = "" if line.strip() == awaited else awaited
            kept.append("")
            continue
        found = _HEREDOC.search(line)
        awaited = found[2] if found and "<<<" not in line else ""
        kept.append(line)
    return "\n".join(kept)


def _blank_end(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t":
        position += 1
    return position


def _word_end(text: str, position: int) -> int:
    """Return where a word ends: quotes and substitutions are part of it."""
    while position < len(text) and text[position] not in " \t\n;&|()<>":
        position = _part_end(text, position)
    return position


def _part_end(text: str, position: int) -> int:
    """Return where a quoted text, a substitution or a character ends."""
    if text[position] == "\\":
        return min(position + 2, len(text))
    if text[position] == "'":
        end = text.find("'", position + 1)
        return len(text) if end < 0 else end + 1
    if text[position] == '"':
        return _closed(text, position + 1, '"')
    if text.startswith("$(", position):
        return _closed(text, position + 2, ")")
    if text.startswith("${", position):
        return _closed(text, position + 2, "}")
    if text[position] == "`":
        end = text.find("`", position + 1)
        return len(text) if end < 0 else end + 1
    return position + 1


def _closed(text: str, position: int, closing: str) -> int:
    depth = 0
    while position < len(text):
        if text[position] == closing and not depth:
            return position + 1
        if closing == ")" and text[position] in "()":
            depth += 1 if text[position] == "(" else -1
            position += 1
        elif closing == '"' and text[position] in "'":
            position += 1
        else:
            position = _part_end(text, position)
    return len(text)


class _Expansion:
    """Puts values in the place of variables and of commands that only name a path."""

    def __init__(self, shell: Shell, depth: int) -> None:
        self._shell = shell
        self._depth = depth + 1

    def text(self, raw: str) -> str:
        if self._depth > _DEEPEST:
            return UNKNOWN
        made: list[str] = []
        position = 0
        while position < len(raw):
            end = _part_end(raw, position)
            part = raw[position:end]
            if part == "$":
                part, end = self._named(raw, position + 1)
                made.append(part)
            else:
                made.append(self._part(part))
            position = end
        return "".join(made)

    def _part(self, part: str) -> str:
        if part.startswith("\\"):
            return part[1:]
        if part.startswith("'"):
            return part[1:-1]
        if part.startswith('"'):
            return self._shell.expand(part[1:-1].replace("'", "\\'"), self._depth)
        if part.startswith("${"):
            return self._braced(part[2:-1])
        if part.startswith("$("):
            return self._output(part[2:-1])
        return self._output(part[1:-1]) if part.startswith("`") else part

    def _named(self, raw: str, position: int) -> tuple[str, int]:
        if found := _NAME.match(raw, position):
            return self._value(found[0]), found.end()
        if position < len(raw) and (raw[position].isdigit() or raw[position] in "@*#?$!"):
            return self._value(raw[position]), position + 1
        return "$", position

    def _braced(self, inner: str) -> str:
        found = re.fullmatch(r"(\w+|@)(\[[^]]*\])?(?:(:?[-=+?])(.*))?", inner, re.S)
        if not found:
            return UNKNOWN
        name, operator = found[1], found[3] or ""
        value = self._value(name)
        if operator.endswith("+"):
            return UNKNOWN
        return self._shell.expand(found[4], self._depth) if operator and _lacks(value) else value

    def _value(self, name: str) -> str:
        if name == "PWD":
            return self._shell.folder
        if name == "BASH_SOURCE":
            return self._shell.arguments[0]
        if name in "@*":
            return " ".join(self._shell.arguments[1:])
        if name.isdigit():
            held = self._shell.arguments
            return held[int(name)] if int(name) < len(held) else ""
        return self._shell.variables.get(name, UNKNOWN)

    def _output(self, text: str) -> str:
        inner = Shell(self._shell.folder, self._shell.variables, self._shell.arguments)
        printed = UNKNOWN
        for command in simple_commands(text):
            words = [inner.expand(word, self._depth) for word in command.words]
            if words[0] == "cd" and len(words) > 1:
                inner.folder = inner.path([one for one in words[1:] if one != "--"][-1])
            else:
                printed = _printed(words, inner)
        return printed


def _lacks(value: str) -> bool:
    return value in ("", UNKNOWN)


def _printed(words: list[str], shell: Shell) -> str:
    """Return what a command that only tells a name or a path would print."""
    plain = [one for one in words[1:] if not one.startswith("-")]
    match words[0], plain:
        case "pwd", _:
            return shell.folder
        case "dirname", [path]:
            return posixpath.dirname(path) or "."
        case "basename", [path, *suffix]:
            return posixpath.basename(path).removesuffix(suffix[0] if suffix else "")
        case (("realpath" | "readlink"), [path]):
            return shell.path(path)
        case "echo", _:
            return " ".join(plain)
        case "git", ["rev-parse"]:
            return ROOT
    return UNKNOWN

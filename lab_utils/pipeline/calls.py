"""Which programs a job calls, through the scripts of the repository that it runs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lab_utils.pipeline.jobs import Job
from lab_utils.pipeline.repository import Repository
from lab_utils.pipeline.shell import (
    ROOT,
    UNKNOWN,
    Shell,
    Simple,
    assignment,
    inner_texts,
    simple_commands,
)

PYTHON_TEXT = "<python>"
"""Stands for the program where a Python script of the repository is run; its text follows."""
_KEYWORDS = {"if", "then", "elif", "else", "while", "until", "do", "!", "{", "}", "time"}
_WRAPPERS = {"exec", "command", "nohup", "sudo", "env", "builtin", "xargs"}
_SHELLS = {"sh", "bash", "dash", "zsh", "ash"}
_PYTHON = re.compile(r"python(\d(\.\d+)?)?")
_RUNNERS = {("poetry", "run"), ("pipenv", "run"), ("uv", "run"), ("pdm", "run"), ("hatch", "run")}
_DEEPEST = 5
_MOST_CALLS = 5000


@dataclass(frozen=True)
class Call:
    """A program that is called.

    Attributes:
        words: Its name without a path, and its arguments.
        folder: Where it is called, in the form of `shell.ROOT`.
        line: Where that stands.
        file: In which file.
        entry: The line of the pipeline file that leads to it.
        section: ``before_script`` or ``script``.
        is_guarded: Whether its failure is made up for: ``|| true``.
        is_by_path: Whether a path leads to it, so that it need not be the image's.
    """

    words: tuple[str, ...]
    folder: str
    line: int
    file: str
    entry: int
    section: str
    is_guarded: bool = False
    is_by_path: bool = False

    @property
    def program(self) -> str:
        """The program's name."""
        return self.words[0]


@dataclass(frozen=True)
class Script:
    """A script of the repository that a job calls.

    Attributes:
        name: Its name in the repository.
        entry: The line of the pipeline file that leads to it.
        is_there: Whether the repository has it.
        is_direct: Whether it is called by its path alone, for which it needs a program's mode.
    """

    name: str
    entry: int
    is_there: bool
    is_direct: bool


@dataclass
class Reading:
    """What a job does, as far as its text tells.

    Attributes:
        calls: The programs, in their order.
        scripts: The scripts of the repository that it runs.
    """

    calls: list[Call] = field(default_factory=list)
    scripts: list[Script] = field(default_factory=list)

    def programs(self, *names: str) -> list[Call]:
        """Return the calls of some programs."""
        return [call for call in self.calls if call.program in names]


def read_calls(job: Job, repository: Repository, variables: Mapping[str, str]) -> Reading:
    """Return what a job does.

    Args:
        job: The job.
        repository: Where its scripts are.
        variables: Those of the pipeline and of the job.
    """
    held = {"CI_PROJECT_DIR": ROOT, "CI_BUILDS_DIR": posixpath.dirname(ROOT), **variables}
    reader = _Reader(repository)
    shell = Shell(variables=held)
    for section in ("before_script", "script"):
        for command in job.commands(section):
            place = _Place(command.file, command.line, command.line, section)
            reader.text(command.text, shell, place, 0)
    return reader.found


@dataclass(frozen=True)
class _Place:
    file: str
    line: int
    entry: int
    section: str


class _Reader:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self.found = Reading()

    def text(self, text: str, shell: Shell, place: _Place, depth: int) -> None:
        """Read a text as the shell would work through it."""
        if depth > _DEEPEST:
            return
        commands = list(simple_commands(text))
        for command, following in zip(commands, [*commands[1:], None], strict=True):
            if len(self.found.calls) >= _MOST_CALLS:
                return
            for word in command.words:
                for inner in inner_texts(word):
                    below = Shell(shell.folder, dict(shell.variables), shell.arguments)
                    here = replace(place, line=place.line + command.line)
                    self.text(inner, below, here, depth + 1)
            self._command(command, following, shell, place, depth)

    def _command(
        self, command: Simple, following: Simple | None, shell: Shell, place: _Place, depth: int
    ) -> None:
        words = [shell.expand(word) for word in command.words]
        raw = list(command.words)
        while words and (words[0] in _KEYWORDS or raw[0] in ("export", "local", "readonly")):
            words, raw = words[1:], raw[1:]
        while words and (given := assignment(raw[0])):
            shell.variables[given[0]] = shell.expand(given[1])
            words, raw = words[1:], raw[1:]
        is_by_path = bool(words) and "/" in words[0]
        words = _unwrapped(words)
        if not words or not words[0]:
            return
        if words[0] in ("cd", "pushd"):
            shell.folder = shell.path(words[-1]) if len(words) > 1 else ROOT
            return
        is_guarded = following is not None and following.words[0] in ("true", ":")
        line = place.line + command.line
        named = (posixpath.basename(words[0]), *words[1:])
        call = Call(
            named,
            shell.folder,
            line,
            place.file,
            place.entry,
            place.section,
            is_guarded,
            is_by_path,
        )
        self.found.calls.append(call)
        self._follow(words, shell, place, depth)

    def _follow(self, words: list[str], shell: Shell, place: _Place, depth: int) -> None:
        """Go on in the script that a command runs, if it runs one of the repository."""
        called = _script_of(words)
        if called is None:
            return
        path, arguments, is_direct, is_sourced = called
        name = self._repository.name(shell.path(path))
        if name is None:
            return
        text = self._repository.text(name)
        script = Script(name, place.entry, self._repository.file(name) is not None, is_direct)
        self.found.scripts.append(script)
        if text is None:
            return
        if name.endswith(".py") or re.match(r"#!.*python", text):
            told = (PYTHON_TEXT, text, *filter(None, arguments))
            call = Call(told, shell.folder, 1, name, place.entry, place.section)
            self.found.calls.append(call)
            return
        inner = Shell(shell.folder, dict(shell.variables), (shell.path(path), *arguments))
        below = shell if is_sourced else inner
        self.text(text, below, _Place(name, 1, place.entry, place.section), depth + 1)


def _unwrapped(words: list[str]) -> list[str]:
    """Return a command without what only wraps it: sudo, env, `python -m`, `poetry run`."""
    while words:
        if tuple(words[:2]) in _RUNNERS:
            words = words[2:]
        elif words[:2] in (["command", "-v"], ["command", "-V"]):
            return []
        elif words[0] in _WRAPPERS:
            words = words[1:]
            while words and (words[0].startswith("-") or assignment(words[0])):
                words = words[1:]
        elif _PYTHON.fullmatch(posixpath.basename(words[0])) and _module(words):
            words = _module(words)
        else:
            break
    return words


def _module(words: list[str]) -> list[str]:
    """Return the module and its arguments of ``python -m module``."""
    options = [index for index, word in enumerate(words) if word == "-m"]
    if not options or any(not word.startswith("-") for word in words[1 : options[0]]):
        return []
    return words[options[0] + 1 :]


def _script_of(words: list[str]) -> tuple[str, list[str], bool, bool] | None:
    """Return path and arguments of a script, whether it is run by its path, whether sourced."""
    program = posixpath.basename(words[0])
    if words[0] in (".", "source"):
        return (words[1], words[2:], False, True) if len(words) > 1 else None
    if program in _SHELLS or _PYTHON.fullmatch(program):
        plain = [index for index, word in enumerate(words) if index and not word.startswith("-")]
        if "-c" in words or not plain:
            return None
        return words[plain[0]], words[plain[0] + 1 :], False, False
    if words[0] == UNKNOWN and len(words) > 1 and words[1].endswith(".py"):
        return words[1], words[2:], False, False
    if "/" in words[0]:
        return words[0], words[1:], True, False
    return None

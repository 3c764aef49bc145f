"""A YAML file as plain data in which every mapping and list still knows its lines."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

MOST_NODES = 100_000
"""How large a file may become once its anchors are followed; GitLab has such a limit too."""
LARGEST_FILE = 1024 * 1024


class Map(dict[Any, Any]):
    """A mapping that knows where it and each of its keys stand."""

    def __init__(self, file: str = "", line: int = 1) -> None:
        super().__init__()
        self.file = file
        self.line = line
        self.places: dict[Any, tuple[str, int]] = {}

    def put(self, key: Any, value: Any, place: tuple[str, int]) -> None:
        """Set a key, with the file and the line where it stands."""
        self[key] = value
        self.places[key] = place

    def place(self, *keys: Any) -> tuple[str, int]:
        """Return file and line of a key below; of the nearest thing above it if it is not there."""
        here: tuple[str, int] = (self.file, self.line)
        found: Any = self
        for key in keys:
            if isinstance(found, Map) and key in found.places:
                here = found.places[key]
                found = found[key]
            elif isinstance(found, Items) and isinstance(key, int) and key < len(found):
                here = (found.file, found.lines[key])
                found = found[key]
            else:
                break
        return here


class Items(list[Any]):
    """A list that knows where each of its items stands."""

    def __init__(self, file: str = "", line: int = 1) -> None:
        super().__init__()
        self.file = file
        self.line = line
        self.lines: list[int] = []

    def add(self, value: Any, line: int) -> None:
        """Append an item."""
        self.append(value)
        self.lines.append(line)


class Reference(Items):
    """GitLab's ``!reference [job, key]``: what stands there."""


@dataclass(frozen=True)
class Fault:
    """A place that cannot be read as it stands.

    Attributes:
        line: From 1.
        says: What is there.
        hint: What to do.
        is_fatal: Whether nothing of the file can be used.
    """

    line: int
    says: str
    hint: str
    is_fatal: bool = True


@dataclass
class Document:
    """What a file holds.

    Attributes:
        data: The pipeline; empty if the file cannot be read.
        faults: What is wrong with it as YAML.
    """

    data: Map
    faults: list[Fault] = field(default_factory=list)


class _Loader(yaml.SafeLoader):
    """YAML 1.1 as GitLab reads it; a date stays the text that it is."""


_Loader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_document(path: Path, shown: str) -> Document:
    """Return what a YAML file holds.

    Args:
        path: The file.
        shown: What the reader knows it by.
    """
    empty = Map(shown)
    try:
        text = _decode(path.read_bytes())
        nodes = list(yaml.compose_all(text, _Loader))
        return _Reader(shown).document(nodes)
    except _FaultError as error:
        return Document(empty, [error.fault])
    except yaml.MarkedYAMLError as error:
        return Document(empty, [_explained(error)])
    except yaml.YAMLError as error:
        return Document(empty, [Fault(1, f"This is no YAML: {error}.", "write it anew as text.")])
    except RecursionError:
        says = "It is nested deeper than anything GitLab reads."
        return Document(empty, [Fault(1, says, "write it flatter.")])


def dump(data: Any) -> str:
    """Return data as YAML, with everything quoted that has to be."""
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True)


def rewritten(
    path: Path, is_dropped: Callable[[tuple[str, ...]], bool], never: Collection[str] = ()
) -> str:
    """Return a file's YAML as gitlab-ci-local needs it: tags and anchors stay.

    Args:
        path: A file that can be read.
        is_dropped: Takes the keys from the top to a value, and tells whether it is left out.
        never: The jobs that get the rule never to run.
    """
    nodes = list(yaml.compose_all(_decode(path.read_bytes()), _Loader))
    for node in nodes:
        _drop(node, (), is_dropped)
        if isinstance(node, yaml.MappingNode):
            node.value = [
                (key, _never_run(value) if str(key.value) in never else value)
                for key, value in node.value
            ]
    return yaml.serialize_all([node for node in nodes if node is not None], allow_unicode=True)


def _never_run(job: yaml.Node) -> yaml.Node:
    """Return a job with the rule never to run; the node itself may be an anchor of others."""
    if not isinstance(job, yaml.MappingNode):
        return job
    kept = [pair for pair in job.value if pair[0].value not in ("rules", "only", "except")]
    rules = yaml.compose("rules: [{when: never}]", _Loader)
    assert isinstance(rules, yaml.MappingNode)
    return yaml.MappingNode(job.tag, [*kept, *rules.value])


class _FaultError(Exception):
    def __init__(self, line: int, says: str, hint: str) -> None:
        super().__init__(says)
        self.fault = Fault(line, says, hint)


def _decode(content: bytes) -> str:
    if len(content) > LARGEST_FILE:
        raise _FaultError(1, "The file is larger than 1 MB.", "a pipeline file has a few lines.")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content:
        says = "The file is not UTF-8, but UTF-16 or something binary."
        raise _FaultError(1, says, "save it as UTF-8 (PowerShell's > writes UTF-16).")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _FaultError(line, "This line is not UTF-8.", "save the file as UTF-8.") from error


class _Reader:
    """Turns YAML's nodes into data; each node once, however often an alias names it."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._done: dict[int, Any] = {}
        self._sizes: dict[int, int] = {}
        self._open: set[int] = set()
        self._faults: list[Fault] = []
        self._constructor = _Loader("")

    def document(self, nodes: Sequence[yaml.Node | None]) -> Document:
        held = [node for node in nodes if node is not None]
        if not held:
            raise _FaultError(1, "The file is empty.", "write at least one job with a script.")
        if len(held) > 1 and not _is_header(held[0]):
            line = held[1].start_mark.line + 1
            says = "`---` begins a second document here, which GitLab does not read."
            self._faults.append(Fault(line, says, "take the `---` out.", is_fatal=False))
            held = held[:1]
        node = held[-1]
        data = self._value(node)
        if not isinstance(data, Map):
            raise _FaultError(
                node.start_mark.line + 1,
                f"The file holds {_kind(data)} instead of keys with values.",
                "write keys such as `stages:` and jobs, each followed by a colon.",
            )
        return Document(data, self._faults)

    def _value(self, node: yaml.Node) -> Any:
        if id(node) in self._done:
            return self._done[id(node)]
        line = node.start_mark.line + 1
        if id(node) in self._open:
            raise _FaultError(line, "An anchor here contains itself.", "take the alias out of it.")
        self._open.add(id(node))
        value = self._made(node, line)
        self._open.discard(id(node))
        self._done[id(node)] = value
        self._sizes[id(node)] = size = self._size(node)
        if size > MOST_NODES:
            raise _FaultError(
                line, "Anchors make this larger than GitLab reads.", "repeat less of it."
            )
        return value

    def _size(self, node: yaml.Node) -> int:
        if isinstance(node, yaml.MappingNode):
            return 1 + sum(self._sizes.get(id(value), 1) for _key, value in node.value)
        if isinstance(node, yaml.SequenceNode):
            return 1 + sum(self._sizes.get(id(value), 1) for value in node.value)
        return 1

    def _made(self, node: yaml.Node, line: int) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self._map(node, line)
        if isinstance(node, yaml.SequenceNode):
            kind = Reference if node.tag == "!reference" else Items
            items = kind(self._file, line)
            for one in node.value:
                items.add(self._value(one), one.start_mark.line + 1)
            return items
        try:
            return self._constructor.construct_object(node)
        except yaml.MarkedYAMLError as error:
            says = f"The value {node.value!r} cannot be read: {error.problem}."
            raise _FaultError(line, says, "write it in quotes.") from error
        except ValueError as error:
            says = f"The value {node.value!r} is no {node.tag.rpartition(':')[2]}."
            raise _FaultError(line, says, "write it in quotes.") from error

    def _map(self, node: yaml.MappingNode, line: int) -> Map:
        made = Map(self._file, line)
        merged: list[Map] = []
        for key_node, value_node in node.value:
            value = self._value(value_node)
            here = key_node.start_mark.line + 1
            if key_node.tag == "tag:yaml.org,2002:merge":
                merged += [one for one in _listed(value) if isinstance(one, Map)]
                continue
            key = self._key(key_node)
            if key in made:
                says = f"{key!r} stands here for the second time; only this one counts."
                hint = f"keep one of the two (the other is on line {made.places[key][1]})."
                self._faults.append(Fault(here, says, hint, is_fatal=False))
            made.put(key, value, (self._file, here))
        for other in merged:
            for key, value in other.items():
                if key not in made:
                    made.put(key, value, other.places[key])
        return made

    def _key(self, node: yaml.Node) -> str:
        key = self._value(node)
        if isinstance(key, dict | list):
            says = "A mapping or a list stands here where a key has to be."
            raise _FaultError(node.start_mark.line + 1, says, "write a word before the colon.")
        # As it is written: `on:` or `123:` is the name of a job, whatever else YAML takes it for.
        return str(node.value)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _is_header(node: yaml.Node) -> bool:
    keys = node.value if isinstance(node, yaml.MappingNode) else []
    return any(key.value == "spec" for key, _value in keys)


def _kind(data: Any) -> str:
    return "a list" if isinstance(data, list) else f"the text {str(data)[:40]!r}"


def _drop(
    node: yaml.Node | None, path: tuple[str, ...], is_dropped: Callable[[tuple[str, ...]], bool]
) -> None:
    if not isinstance(node, yaml.MappingNode) or len(path) > 2:
        return
    named = [(key, value, (*path, str(key.value))) for key, value in node.value]
    node.value = [(key, value) for key, value, here in named if not is_dropped(here)]
    for _key, value, here in named:
        _drop(value, here, is_dropped)


def _explained(error: yaml.MarkedYAMLError) -> Fault:
    """Return what a YAML error comes from most often, and the parser's own words."""
    mark = error.problem_mark or error.context_mark
    line = (mark.line if mark else 0) + 1
    problem = error.problem or str(error)
    begun = f" (what began on line {error.context_mark.line + 1})" if error.context_mark else ""
    for part, says, hint in _COMMON:
        if part in problem:
            return Fault(line, says, hint)
    return Fault(line, f"This is no YAML: {problem}{begun}.", _INDENT)


_INDENT = "look at the indentation: keys of one thing stand exactly below each other, with spaces."
_COMMON = (
    (
        "'\\t'",
        "A tab stands here; YAML takes only spaces for indentation.",
        "replace each tab by two spaces.",
    ),
    (
        "mapping values are not allowed",
        "A colon stands here where no key can be.",
        "put a text that contains `: ` in quotes, and look at the indentation.",
    ),
    (
        "could not find expected ':'",
        "A key without a colon stands here, or a line that belongs to none.",
        "write `key: value`, or indent the line below what it belongs to.",
    ),
    (
        "undefined alias",
        "An alias (`*name`) is used here before its anchor (`&name`) is written.",
        "write the anchor further up, or mend its name.",
    ),
    (
        "but found '<block mapping start>'",
        "The indentation jumps here.",
        _INDENT,
    ),
)


def walk_texts(value: Any, line: int = 1) -> Iterator[tuple[int, str]]:
    """Yield every text below a value, with its line."""
    if isinstance(value, Map):
        for key, one in value.items():
            yield from walk_texts(one, value.places[key][1])
    elif isinstance(value, Items):
        for one, here in zip(value, value.lines, strict=True):
            yield from walk_texts(one, here)
    elif isinstance(value, str):
        yield line, value

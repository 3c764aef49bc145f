"""A pipeline file with the files of the repository that it includes, as GitLab puts them together.

Source: https://docs.gitlab.com/ci/yaml/includes/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab_utils.pipeline.document import Document, Fault, Items, Map, read_document

MOST_INCLUDES = 150
"""As many as GitLab takes."""
_ELSEWHERE = ("remote", "project", "template", "component")


@dataclass
class Composition:
    """A pipeline as it is once every file is read.

    Attributes:
        data: All of it.
        documents: Each file that was read, by its name in the repository.
        faults: What is wrong, with the name of its file.
        unread: What is included from elsewhere, with file and line: nothing is known of it here.
    """

    data: Map
    documents: dict[str, Document] = field(default_factory=dict)
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    unread: list[tuple[str, int, str]] = field(default_factory=list)


def compose(repository: Path, path: Path) -> Composition:
    """Return a pipeline file and what it includes.

    Args:
        repository: The root of the repository, below which includes are looked for.
        path: The pipeline file, in the repository.
    """
    composition = Composition(Map(_shown(repository, path)))
    composition.data = _Composer(repository, composition).read(path, ())
    return composition


def merged(base: Any, over: Any) -> Any:
    """Return two values put together: mappings key by key, anything else is replaced."""
    if not (isinstance(base, Map) and isinstance(over, Map)):
        return over
    made = Map(over.file, over.line)
    for key, value in base.items():
        made.put(key, value, base.places[key])
    for key, value in over.items():
        made.put(key, merged(base[key], value) if key in base else value, over.places[key])
    return made


class _Composer:
    def __init__(self, repository: Path, composition: Composition) -> None:
        self._repository = repository.resolve()
        self._found = composition

    def read(self, path: Path, above: tuple[Path, ...]) -> Map:
        shown = _shown(self._repository, path)
        if shown not in self._found.documents:
            document = read_document(path, shown)
            self._found.documents[shown] = document
            self._found.faults += [(shown, fault) for fault in document.faults]
        data = self._found.documents[shown].data
        made = Map(data.file, data.line)
        for entry, line in _entries(data):
            for other in self._local_files(entry, shown, line):
                if other in (*above, path):
                    self._fault(shown, line, f"`{shown}` includes itself.", "take the line out.")
                elif len(self._found.documents) < MOST_INCLUDES:
                    made = merged(made, self.read(other, (*above, path)))
        return _without_include(merged(made, data) if made else data)

    def _local_files(self, entry: Any, shown: str, line: int) -> list[Path]:
        name = entry.get("local") if isinstance(entry, Map) else entry
        if not isinstance(name, str):
            elsewhere = [key for key in _ELSEWHERE if isinstance(entry, Map) and key in entry]
            if elsewhere:
                self._found.unread.append((shown, line, f"{elsewhere[0]}: {entry[elsewhere[0]]}"))
            return []
        if "://" in name:
            self._found.unread.append((shown, line, name))
            return []
        if "$" in name:
            self._found.unread.append((shown, line, name))
            return []
        return self._matching(name.lstrip("/"), shown, line)

    def _matching(self, name: str, shown: str, line: int) -> list[Path]:
        if ".." in Path(name).parts:
            says = f"`{name}` leaves the repository."
            self._fault(shown, line, says, "name a file by its path from the repository's root.")
            return []
        files = sorted(self._repository.glob(name)) if "*" in name else [self._repository / name]
        inside = [path for path in files if self._is_inside(path)]
        if not inside:
            says = f"The included file `{name}` is not in the repository."
            hint = "write it, or mend the path: it begins at the root of the repository."
            self._fault(shown, line, says, hint)
        return inside

    def _is_inside(self, path: Path) -> bool:
        return path.is_file() and path.resolve().is_relative_to(self._repository)

    def _fault(self, shown: str, line: int, says: str, hint: str) -> None:
        self._found.faults.append((shown, Fault(line, says, hint)))


def _entries(data: Map) -> list[tuple[Any, int]]:
    value = data.get("include")
    if value is None:
        return []
    if isinstance(value, Items):
        return list(zip(value, value.lines, strict=True))
    return [(value, data.places["include"][1])]


def _without_include(data: Map) -> Map:
    made = Map(data.file, data.line)
    for key, value in data.items():
        if key != "include":
            made.put(key, value, data.places[key])
    return made


def _shown(repository: Path, path: Path) -> str:
    root, full = repository.resolve(), path.resolve()
    return full.relative_to(root).as_posix() if full.is_relative_to(root) else path.name

"""The blocks of a configuration that are set aside, and the list of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lab_utils.grading.configuration.hcl import Part, blanked, line_of
from lab_utils.grading.configuration.sources import Sources
from lab_utils.grading.results import SetAside
from lab_utils.grading.workplace import cleaned

WHOLE_FILE = "the whole file"
_LONGEST_STRAY = 80


class Shelf:
    """Takes blocks out of a configuration's files and keeps the list.

    Args:
        sources: The configuration.
        tell: Takes each entry as it comes.
    """

    def __init__(self, sources: Sources, tell: Callable[[SetAside], None]) -> None:
        self._sources = sources
        self._tell = tell
        self.entries: list[SetAside] = []
        self.addresses: set[str] = set()

    def put(self, path: Path, part: Part, why: str, container: Part | None = None) -> None:
        """List a part of a file, and take it out."""
        self.list(path, part, why, container)
        self.take_out(path, part)

    def take_out(self, path: Path, part: Part) -> None:
        """Take a part out of a file; all others keep their lines."""
        text = self._sources.texts[path]
        self._sources.write(path, blanked(text, part.start, part.end))

    def list(self, path: Path, part: Part, why: str, container: Part | None = None) -> None:
        """Put a part that is taken out of a file on the list.

        Args:
            path: The file.
            part: The part, as the file's present text has it.
            why: Terraform's words.
            container: The block that it is a part of, if it is not one itself.
        """
        text = self._sources.texts[path]
        titles = [one.title for one in (container, part) if one and one.title]
        title = " / ".join(titles) or _first_line(text[part.start : part.end])
        self.note(title, path, line_of(text, part.start), why)
        if container is None and part.address:
            self.addresses.add(part.address)
        if container is not None and container.name == "locals":
            self.addresses.add(f"local.{part.name}")

    def put_file(self, path: Path, why: str) -> None:
        """Take all of a file's text out."""
        self.note(WHOLE_FILE, path, 1, why)
        self._sources.write(path, "{}" if path.suffix == ".json" else "")

    def note(self, title: str, path: Path, line: int, why: str) -> None:
        """Put a block on the list that stays where it is, such as one that AWS refuses."""
        entry = SetAside(cleaned(title), self._sources.place.shown(path), line, why)
        self.entries.append(entry)
        self._tell(entry)


def _first_line(text: str) -> str:
    line = text.strip().partition("\n")[0].strip()
    return line if len(line) <= _LONGEST_STRAY else f"{line[:_LONGEST_STRAY]}..."

"""What a student gets of the checkout: which files, and what they hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from lab_utils.configuration import without_sections
from lab_utils.errors import SettingsError
from lab_utils.grading.release.errors import ReleaseError
from lab_utils.grading.release.examination import examine
from lab_utils.grading.release.notebooks import notebook_bytes, released_notebook
from lab_utils.grading.release.regions import INSTRUCTOR
from lab_utils.grading.solved_files import SOLVED_FILES

ASSIGNMENT = "practical-aws-iot"
"""The course's name: of the folder in the zip, and in nbgrader's gradebook."""
_README = Path(__file__).with_name("README.md")
_AS_THEY_ARE = (
    ".gitattributes",
    ".gitignore",
    "LICENSE",
    "environment.yml",
    "pyproject.toml",
    "requirements.lock",
    "ci/deploy_lambda.sh",
    "ci/gitlab-ci-local/package-lock.json",
    "ci/gitlab-ci-local/package.json",
    "ci/package_lambda.py",
    "ci/package_lambda.sh",
    "terraform/files/empty_package.zip",
    "terraform/files/iot_policy.json",
)
_WHOLE_FOLDERS = ("lab_utils", "lambda")
_MADE_BY_TOOLS = {"__pycache__", "build", "node_modules"}
_EXECUTABLE = 0o755
_PLAIN = 0o644


@dataclass(frozen=True)
class File:
    """A file of the release.

    Attributes:
        content: Its bytes.
        is_executable: Whether it may be run.
    """

    content: bytes
    is_executable: bool = False

    @property
    def mode(self) -> int:
        """Its permissions."""
        return _EXECUTABLE if self.is_executable else _PLAIN


def read_books(checkout: Path) -> dict[str, NotebookNode]:
    """Return the instructor's notebooks by file name, in order.

    As they are: nbformat would give doubled cell ids new ones, and say so to nobody.

    Raises:
        SettingsError: There are none.
        ReleaseError: One of them is no notebook.
    """
    paths = sorted((checkout / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    if not paths:
        raise SettingsError(
            "release the notebooks",
            f"There is none in {checkout / 'notebooks'}.",
            "run lab release from a checkout of the workbook.",
        )
    return {path.name: _read_book(path) for path in paths}


def _read_book(path: Path) -> NotebookNode:
    try:
        return nbformat.v4.reads(path.read_text(encoding="utf-8"))
    except (ValueError, KeyError) as error:
        raise ReleaseError(
            f"read {path.name}",
            f"It is no notebook of version 4: {error}.",
            "save it in JupyterLab, or take it from an earlier commit.",
        ) from error


def release_files(checkout: Path, books: Mapping[str, NotebookNode]) -> dict[str, File]:
    """Return every file of the students' version by its path, sorted.

    Args:
        checkout: The instructor's checkout.
        books: Its notebooks; see `read_books`.

    Raises:
        ReleaseError: The notebooks are not fit to be released.
    """
    examine(books)
    files = {"README.md": File(_README.read_bytes())}
    for name, book in books.items():
        files[f"notebooks/{name}"] = File(notebook_bytes(released_notebook(book)))
    for path in _given_paths(checkout):
        name = path.relative_to(checkout).as_posix()
        is_executable = path.suffix == ".sh"
        files[name] = File(_given_content(name, path.read_bytes()), is_executable)
    return dict(sorted(files.items()))


def _given_paths(checkout: Path) -> Iterator[Path]:
    """Yield the files that a student gets, whatever they hold: neither caches nor what is hidden.

    What somebody built in the checkout itself, as Terraform's state and keys, is none of them.
    """
    for name in ("Makefile", *_AS_THEY_ARE):
        if (checkout / name).is_file():
            yield checkout / name
    yield from sorted((checkout / "terraform").glob("*.tf"))
    for folder in _WHOLE_FOLDERS:
        for path in sorted((checkout / folder).rglob("*")):
            if path.is_file() and not path.is_symlink() and _is_given(path.relative_to(checkout)):
                yield path


def _is_given(path: Path) -> bool:
    is_made = any(part.startswith(".") or part in _MADE_BY_TOOLS for part in path.parts)
    return not (is_made or path.suffix in (".pyc", ".zip") or path.as_posix() in SOLVED_FILES)


def _given_content(name: str, content: bytes) -> bytes:
    if name == "Makefile":
        lines = INSTRUCTOR.lines(content.decode())[1]
        return "\n".join(lines).encode()
    if name.endswith(".tf"):
        # Who tries the notebooks in the checkout has solutions in these files.
        return without_sections(content.decode()).encode()
    return content

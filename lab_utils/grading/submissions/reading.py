"""Reads a submission from wherever it lies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from lab_utils.grading.submissions.archives import archive_kind, collect_archive
from lab_utils.grading.submissions.collection import (
    Collection,
    Offer,
    SubmissionError,
    TakenFile,
    UnreadableError,
)
from lab_utils.grading.submissions.course import Course, is_given, read_course, with_unix_ends
from lab_utils.grading.submissions.folders import collect_folder, open_file
from lab_utils.grading.submissions.limits import LIMITS, ReadingLimits
from lab_utils.grading.submissions.practical import find_practical
from lab_utils.grading.submissions.remarks import shown, shown_names
from lab_utils.grading.submissions.shelf import Shelf, fill_shelf
from lab_utils.grading.submissions.students import clean_student, handed_in_name, student_of
from lab_utils.grading.submissions.submission import (
    BOTH,
    NOTEBOOKS,
    NOTHING,
    REPOSITORY,
    Submission,
)
from lab_utils.grading.submissions.text_files import conversion_remarks

_DOCUMENTS = (".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".jar", ".whl")


def read_submission(
    path: Path | Sequence[Path], student: str = "", limits: ReadingLimits = LIMITS
) -> Submission:
    """Return what a student handed in: a folder, a zip, a tar, a notebook, or several of these.

    An archive that lies at the top of a folder without other work is opened, as Moodle leaves
    them. A zip inside a zip is not opened: it stays the file that it is, as packages of functions
    do.

    Args:
        path: Where it lies.
        student: Whose it is; found by the name if it is empty.
        limits: How much is read.

    Raises:
        SubmissionError: There is nothing that can be read.
    """
    paths = [path] if isinstance(path, Path) else list(path)
    collection = Collection(limits)
    for one in paths:
        prefix = f"{one.name.partition('.')[0]}/" if len(paths) > 1 else ""
        _collect(one, collection, prefix)
    if not collection.files and not collection.package:
        _open_nothing(paths, collection)
    course = read_course()
    name = clean_student(student) if student else student_of(paths[0])
    return _submission(name, paths[0].name, collection, course)


def _collect(path: Path, collection: Collection, prefix: str) -> None:
    if path.is_symlink():
        raise SubmissionError(
            f"read the submission {shown(path.name)}",
            "It is a link, which is not followed: it may lead to files that are not the student's.",
            "name the folder or the file itself.",
        )
    try:
        if path.is_dir():
            collect_folder(path, collection, prefix)
            _open_archives(path, collection)
        elif _is_archive(path):
            collect_archive(path, collection, prefix)
        else:
            size = path.stat().st_size
            collection.take(Offer(handed_in_name(path.name), size, lambda: open_file(path)))
    except (OSError, UnreadableError) as error:
        raise SubmissionError(
            f"read the submission {shown(path.name)}",
            f"The system says: {getattr(error, 'strerror', None) or error}.",
            "make sure that the file is there and may be read.",
        ) from error


def _is_archive(path: Path) -> bool:
    return path.suffix.lower() not in _DOCUMENTS and bool(archive_kind(path))


def _open_archives(folder: Path, collection: Collection) -> None:
    """Take the files of the archives in a folder that holds no other work."""
    files = collection.files
    if any(path.endswith((".tf", ".ipynb")) for path in files):
        return
    tops = [folder / path for path in sorted(files) if "/" not in path]
    for path in tops:
        if _is_archive(path):
            del files[path.name]
            prefix = f"{path.name.partition('.')[0]}/" if len(tops) > 1 else ""
            collect_archive(path, collection, prefix)


def _open_nothing(paths: Sequence[Path], collection: Collection) -> None:
    said = " ".join(collection.remarks()) or "There is no file in it."
    raise SubmissionError(
        f"read the submission {shown(paths[0].name)}",
        said,
        "ask for a folder, a zip or a tar.gz with the notebooks or the repository.",
    )


def _submission(student: str, source: str, collection: Collection, course: Course) -> Submission:
    taken = collection.files
    shelf = fill_shelf({path: one.content for path, one in taken.items()}, course)
    others = {path: one for path, one in taken.items() if not path.endswith(".ipynb")}
    found = find_practical({path: one.content for path, one in others.items()})
    files = {name: others[path].content for name, path in found.names.items()}
    files |= shelf.files
    own = frozenset(path for path in files if not is_given(course, path, files[path]))
    form = _form(files, own, shelf)
    remarks = [
        *collection.remarks(),
        *found.remarks,
        *shelf.remarks,
        *conversion_remarks(files),
        *_mode_remarks(found.names, others),
        *_package_remarks(collection.package, course),
        *_archive_remarks(files, own),
        *_form_remarks(form),
    ]
    executable = frozenset(name for name, path in found.names.items() if taken[path].is_executable)
    return Submission(
        student, shown(source), form, dict(sorted(files.items())), executable, own, tuple(remarks)
    )


def _form(files: Iterable[str], own: Iterable[str], shelf: Shelf) -> str:
    has_own_terraform = any(_is_terraform(path) for path in own)
    if shelf.files:
        return BOTH if has_own_terraform else NOTEBOOKS
    is_work = any(_is_terraform(path) or path.startswith(_LAMBDA) for path in files)
    return REPOSITORY if is_work or any(path in _PIPELINES for path in files) else NOTHING


_LAMBDA = ("lambda/", "ac_control_lambda/")
_PIPELINES = (".gitlab-ci.yml", "ci/lambda.gitlab-ci.yml")


def _is_terraform(path: str) -> bool:
    return path.startswith("terraform/") and path.endswith((".tf", ".tf.json"))


def _form_remarks(form: str) -> Iterator[str]:
    if form == NOTHING:
        yield "There is no notebook of the course, no Terraform file, no Lambda and no pipeline."
    elif form == BOTH:
        yield (
            "There are notebooks and Terraform files; where a file differs from the course's, the "
            "file counts, and the notebooks add what it lacks."
        )


def _mode_remarks(names: Mapping[str, str], taken: Mapping[str, TakenFile]) -> Iterator[str]:
    lacking = [
        name
        for name, path in names.items()
        if name.endswith(".sh") and taken[path].is_executable is False
    ]
    if lacking:
        yield f"Made executable, which GitLab would not do: {shown_names(sorted(lacking))}."


def _package_remarks(package: Mapping[str, bytes], course: Course) -> Iterator[str]:
    given = course.package
    altered = sorted(
        path
        for path, content in package.items()
        if with_unix_ends(content) != with_unix_ends(given.get(path, b""))
    )
    if altered:
        yield (
            "The submission's own lab_utils differs from the course's, which changes nothing: "
            f"grading uses the course's ({shown_names(altered)})."
        )


def _archive_remarks(files: Mapping[str, bytes], own: Iterable[str]) -> Iterator[str]:
    inner = sorted(path for path in own if files[path][:4] == b"PK\x03\x04")
    inner = [path for path in inner if not path.lower().endswith(_DOCUMENTS)]
    if inner:
        yield f"Archives inside the submission are files and are not opened: {shown_names(inner)}."

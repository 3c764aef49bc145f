"""Makes the workspace in which a submission is graded."""

from __future__ import annotations

import shutil
from pathlib import Path

from lab_utils.grading.submissions.course import given_seed
from lab_utils.grading.submissions.submission import BOTH, NOTEBOOKS
from lab_utils.workspace import SEEDED_FOLDERS, lambda_folder

_TERRAFORM, _LAMBDA, _SCRIPTS = SEEDED_FOLDERS


def prepare_workspace(submission: Path, workspace: Path, form: str) -> tuple[str, ...]:
    """Make a fresh workspace from a submission, and return what was added, in sentences.

    Notebooks begin with the seed of the course, and the submission's files lie over it. A
    repository is graded as it is; where it lacks the Lambda's code or its scripts, which the
    course gives, the course's are added, as `Lab` does in a workspace that lacks them.

    Args:
        submission: The folder that `Submission.write_to` wrote.
        workspace: The folder to make; what was there before is removed.
        form: The submission's form.
    """
    if workspace.exists():
        shutil.rmtree(workspace)
    own = [path for path in sorted(submission.rglob("*")) if path.is_file()]
    names = [path.relative_to(submission).as_posix() for path in own]
    seeded = _seeded_folders(names, form, has_lambda=lambda_folder(submission).is_dir())
    for name, content in given_seed().items():
        if name.startswith(tuple(f"{folder}/" for folder in seeded)):
            _place(workspace, name).write_bytes(content)
            (workspace / name).chmod(0o755 if name.endswith(".sh") else 0o644)
    for path, name in zip(own, names, strict=True):
        shutil.copy(path, _place(workspace, name))
    if form in {NOTEBOOKS, BOTH}:
        return ()
    return tuple(f"{name}/ is not in the submission; the course's is used." for name in seeded)


def _place(workspace: Path, name: str) -> Path:
    place = workspace / name
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def _seeded_folders(names: list[str], form: str, *, has_lambda: bool) -> list[str]:
    """Return the folders of the course that the workspace begins with.

    What the submission has in the practical's own place is not there twice.
    """
    is_repository = form not in {NOTEBOOKS, BOTH}
    seeded = [] if is_repository else [_TERRAFORM]
    for folder, is_there in ((_LAMBDA, has_lambda), (_SCRIPTS, _has_scripts(names))):
        is_in_place = any(name.startswith(f"{folder}/") for name in names)
        if not is_there or (is_in_place and not is_repository):
            seeded.append(folder)
    return seeded


def _has_scripts(own: list[str]) -> bool:
    return any(
        path == ".gitlab-ci.yml" or (path.startswith(("bin/", "ci/")) and path.endswith(".sh"))
        for path in own
    )

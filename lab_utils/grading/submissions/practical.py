"""Finds where in a submission the practical is: its Terraform files and what stands beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lab_utils.grading.submissions.remarks import shown, shown_names

_BLOCK = re.compile(rb"^[ \t]*(?:resource|data)[ \t]+\"", re.M)
_MODULE = re.compile(rb"^[ \t]*module[ \t]+\"", re.M)
_BESIDE = ("ac_control_lambda", "lambda", "bin", "ci", "src", "doc", "dashboard", "notebooks")
"""The folders that stand beside ``terraform/``, in the practical's form and the workbook's."""
_PIPELINES = (".gitlab-ci.yml", ".gitlab-ci.yaml")
_FOLDER = "terraform"


@dataclass(frozen=True)
class Practical:
    """A submission with the practical at its top.

    Attributes:
        names: Each path of the practical's form, with the path that it was submitted under.
        remarks: Where it was found, if that is not where it belongs.
    """

    names: Mapping[str, str]
    remarks: tuple[str, ...] = field(default=())


def find_practical(files: Mapping[str, bytes]) -> Practical:
    """Return the paths of a submission as the practical has them: ``terraform/iot.tf``, ``bin/``...

    Of several folders with Terraform files the one with most resources counts, of equal ones the
    least deep. It becomes ``terraform/``; what stands beside it stays beside it. Where the folder
    of the Terraform files holds also ``bin/`` or ``ac_control_lambda/``, that is, where everything
    lies in one folder, these are there in both places.

    Args:
        files: What was submitted, by path.
    """
    folders = _terraform_folders(files)
    if not folders:
        return _moved(files, _common_place(files), None)
    best = max(folders, key=lambda one: (folders[one], -one.count("/") - bool(one)))
    is_flat = _is_flat(best, files)
    found = _flat(files, best) if is_flat else _moved(files, _parent(best), best)
    others = sorted(one for one, count in folders.items() if count and one != best)
    said = list(found.remarks)
    if others:
        names = shown_names([name or "the top" for name in others])
        said.append(f"Terraform files were also in {names}; those in {_told(best)} count.")
    return Practical(found.names, tuple(said))


def _terraform_folders(files: Mapping[str, bytes]) -> dict[str, int]:
    """Return how many resources each folder declares; a module's folders belong to their caller."""
    counts: dict[str, int] = {}
    callers = set()
    for path, content in files.items():
        if path.endswith((".tf", ".tf.json")):
            folder = _parent(path)
            counts[folder] = counts.get(folder, 0) + len(_BLOCK.findall(content))
            if _MODULE.search(content):
                callers.add(folder)
    return {
        folder: count
        for folder, count in counts.items()
        if not any(folder != caller and _is_below(folder, caller) for caller in callers)
    }


def _is_flat(folder: str, files: Iterable[str]) -> bool:
    if _last(folder).casefold() == _FOLDER:
        return False
    inside = {_within(path, folder).split("/")[0] for path in files if _is_below(path, folder)}
    return not folder or bool(inside & {*_BESIDE, *_PIPELINES})


def _flat(files: Mapping[str, bytes], base: str) -> Practical:
    names = {}
    for path in files:
        if _is_below(path, base):
            inner = _within(path, base)
            if inner.split("/")[0] in _BESIDE or inner in _PIPELINES:
                names[inner] = path
            if not inner.startswith("notebooks/") and not inner.endswith(".ipynb"):
                names[f"{_FOLDER}/{inner}"] = path
    said = f"The Terraform files lie in {_told(base)}, not in a folder terraform/; they count."
    return Practical(_with_pipeline(names, files, base), (said,))


def _moved(files: Mapping[str, bytes], base: str, terraform: str | None) -> Practical:
    names, said = {}, []
    for path in files:
        if terraform and _is_below(path, terraform):
            names[f"{_FOLDER}/{_within(path, terraform)}"] = path
        elif _is_below(path, base):
            names.setdefault(_within(path, base), path)
    if terraform is not None and _last(terraform) != _FOLDER:
        said.append(f"The folder {_told(terraform)} is taken for terraform/.")
    if dropped := sorted(path for path in files if not _is_below(path, base)):
        said.append(f"Outside the practical's folder {_told(base)}: {shown_names(dropped)}.")
    return Practical(_with_pipeline(names, files, base), tuple(said))


def _with_pipeline(names: dict[str, str], files: Iterable[str], base: str) -> dict[str, str]:
    """Add the pipeline file of a repository whose practical is in a folder of it."""
    if not set(names) & set(_PIPELINES):
        above = [
            path for path in files if _last(path) in _PIPELINES and _is_below(base, _parent(path))
        ]
        if above:
            names[_PIPELINES[0]] = max(above, key=len)
    return names


def _common_place(files: Iterable[str]) -> str:
    """Return the folder that holds most of what stands beside ``terraform/``; "" is the top."""
    found: dict[str, set[str]] = {}
    for path in files:
        parts = path.split("/")
        for place, part in enumerate(parts):
            if part in _BESIDE or (part in _PIPELINES and place == len(parts) - 1):
                found.setdefault("/".join(parts[:place]), set()).add(part)
    return max(found, key=lambda one: (len(found[one]), -len(one)), default="")


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _is_below(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")


def _within(path: str, folder: str) -> str:
    return path[len(folder) + 1 :] if folder else path


def _told(folder: str) -> str:
    return shown(f"{folder}/") if folder else "the top"

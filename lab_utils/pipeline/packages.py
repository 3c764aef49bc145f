"""The Python packages that jobs find already there: what the practical's images and jobs need.

They are those that the workbook runs with, but only these, as links in a folder of their own: a job
sees no more than it would see on GitLab, pip has little to look through, and to pip they are
outside of the job's environment, so it never removes or changes one.
"""

from __future__ import annotations

import re
import site
import sysconfig
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

GIVEN = ("pip", "setuptools", "wheel", "pytest", "boto3", "awscli", "awsiotsdk", "urllib3")
"""What is given, with what that needs."""


def link_packages(folder: Path) -> list[Path]:
    """Return the folders in which jobs find the given packages.

    Args:
        folder: An empty one for the links.

    Returns:
        That folder; where a package does not tell its files, the folders of all packages.
    """
    links: dict[str, Path] = {}
    for distribution in installed(GIVEN):
        entries = dict(_entries(distribution))
        if not entries:
            return package_folders()
        links |= entries
    for name, target in links.items():
        (folder / name).symlink_to(target)
    return [folder]


def package_folders() -> list[Path]:
    """Return the folders of the packages that the workbook runs with."""
    paths = sysconfig.get_paths()
    users = [site.getusersitepackages()] if site.ENABLE_USER_SITE else []
    return [Path(path) for path in dict.fromkeys([paths["purelib"], paths["platlib"], *users])]


def installed(names: Iterable[str]) -> Iterator[metadata.Distribution]:
    """Yield the packages of these names that are installed, with all that they need."""
    waiting, done = list(names), set()
    while waiting:
        name = _normal(waiting.pop())
        if name in done:
            continue
        done.add(name)
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        yield distribution
        waiting += _needed(distribution)


def _needed(distribution: metadata.Distribution) -> Iterator[str]:
    for text in distribution.requires or []:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name


def _entries(distribution: metadata.Distribution) -> Iterator[tuple[str, Path]]:
    """Yield name and place of what a package has at the top of its folder."""
    for file in distribution.files or []:
        top = file.parts[0]
        if top not in ("..", "__pycache__"):
            yield top, Path(str(distribution.locate_file(top)))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()

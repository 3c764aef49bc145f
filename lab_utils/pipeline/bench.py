"""The place where the jobs of a run work: a Python, a home and stand-ins of their own.

Nothing that a job installs, removes or configures comes to the student's machine: its pip has an
environment of its own, which sees the workbook's packages and cannot change them; package managers
of the system are stand-ins that say what they would do.
"""

from __future__ import annotations

import errno
import os
import re
import shlex
import shutil
import stat
import sys
import sysconfig
import tempfile
import venv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path

from lab_utils.pipeline.packages import link_packages
from lab_utils.settings import base_environment

STAND_INS = Path(__file__).with_name("stand_ins")
INSTALLERS = (
    *("apt-get", "apt", "aptitude", "dpkg", "yum", "dnf", "microdnf", "apk", "rpm"),
    *("brew", "snap", "pacman", "zypper", "systemctl", "service"),
)
CONTAINERS = ("docker", "docker-compose", "podman", "buildah", "kaniko")
_MODULES = {
    "pip": "pip",
    "pip3": "pip",
    "pytest": "pytest",
    "py.test": "pytest",
    "aws": "awscli",
}
_PASSED = re.compile(
    r"LANG|LC_\w+|LANGUAGE|TZ|LD_LIBRARY_PATH|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE"
    r"|(CURL|AWS)_CA_BUNDLE|PIP_(INDEX_URL|EXTRA_INDEX_URL|TRUSTED_HOST|CERT|FIND_LINKS|NO_INDEX)"
    r"|(HTTPS?|ALL|NO)_PROXY",
    re.I,
)
"""What a job may see of the student's environment: the way to a network, and the language."""
_MODULE = """#!/bin/sh
exec {python} -m {module} "$@"
"""
_PIP = """#!/bin/sh
# What is for the user alone would be for nobody: an environment has no such packages.
for word do
  shift
  [ "$word" = --user ] || set -- "$@" "$word"
done
exec {python} -m {module} "$@"
"""
_INSTALLER = """#!/bin/sh
echo "{name} $*: left undone, because a pipeline changes nothing on this machine"
"""
_CONTAINER = """#!/bin/sh
echo "{name}: there are no containers for the jobs of a pipeline on this machine" >&2
exit 1
"""
# Before an after_script gitlab-ci-local copies the repository into the job's folder once more, and
# so would take away what the script made there: at GitLab it stays, and is kept as artifact.
_RSYNC = """#!/bin/sh
for target; do :; done
case "$*" in
  *--delete-excluded*.gitlab-ci-local/builds/*) [ -z "$(ls -A "$target" 2>/dev/null)" ] || exit 0 ;;
esac
exec {command} "$@"
"""
_SUDO = """#!/bin/sh
while [ $# -gt 0 ]; do
  case "$1" in
    -u | -g | -h | -p) shift 2 ;;
    -*) shift ;;
    *=*) export "$1" && shift ;;
    *) break ;;
  esac
done
exec "$@"
"""


@dataclass(frozen=True)
class Bench:
    """The folders of a run.

    Attributes:
        folder: Holds all the others; it goes when the run is over.
    """

    folder: Path

    @property
    def repository(self) -> Path:
        """The repository that the pipeline runs on."""
        return self.folder / "repository"

    @property
    def home(self) -> Path:
        """The jobs' ``HOME``."""
        return self.folder / "home"

    @property
    def python(self) -> Path:
        """The jobs' Python environment."""
        return self.folder / "python"

    @property
    def packages(self) -> Path:
        """The packages that the jobs find already there."""
        return self.folder / "packages"

    @property
    def stand_ins(self) -> Path:
        """The programs that take the place of others."""
        return self.folder / "bin"

    @property
    def temporary(self) -> Path:
        """The jobs' ``TMPDIR``."""
        return self.folder / "tmp"

    def remove(self) -> None:
        """Remove everything, also what a job has made unwritable."""
        shutil.rmtree(self.folder, onerror=_remove_by_force)


def make_bench(images: Iterable[str], parent: Path | None = None) -> Bench:
    """Return the place for a run, in the folder for temporary files.

    Not in the workspace: pytest would find the settings of whatever project that is part of, and
    its path may have blanks, which GitLab's never has.

    Args:
        images: The images that the jobs name: some call Python by its version.
        parent: Another folder to make it in, such as the only one that an enclosed job sees.

    Raises:
        OSError: There is no space, or no right to write or to run a program there.
    """
    bench = Bench(Path(tempfile.mkdtemp(prefix="pipeline-", dir=parent)).resolve())
    try:
        own = (bench.repository, bench.home, bench.packages, bench.stand_ins, bench.temporary)
        for folder in own:
            folder.mkdir()
        _make_python(bench.python, bench.packages, images)
        _make_stand_ins(bench.stand_ins, bench.python / "bin" / "python")
        if not os.access(bench.stand_ins / "sudo", os.X_OK):
            raise OSError(errno.EACCES, "No program may be run there", str(bench.folder))
    except BaseException:
        bench.remove()
        raise
    return bench


def job_environment(bench: Bench, own: Mapping[str, str], cache: Path) -> dict[str, str]:
    """Return the environment of the jobs, before GitLab's own variables.

    Args:
        bench: Where they run.
        own: What they get of the lab's target.
        cache: Pip's cache, which outlives the run.
    """
    base = base_environment()
    own_scripts = str(Path(sysconfig.get_path("scripts")))
    path = [one for one in base.get("PATH", "").split(":") if one and one != own_scripts]
    return {
        **{name: value for name, value in base.items() if _PASSED.fullmatch(name)},
        "PATH": ":".join([str(bench.python / "bin"), str(bench.stand_ins), *path]),
        "HOME": str(bench.home),
        "TMPDIR": str(bench.temporary),
        "TERM": "dumb",
        "NO_COLOR": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "PIP_CACHE_DIR": str(cache),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        "PIP_NO_INPUT": "1",
        "PIP_PROGRESS_BAR": "off",
        "PIP_RETRIES": "1",
        "PIP_TIMEOUT": "10",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        **own,
    }


def _make_python(folder: Path, given: Path, images: Iterable[str]) -> None:
    # By the path alone: setuptools' own finder warns where distutils has been imported.
    has_pip = PathFinder.find_spec("pip") is not None
    venv.EnvBuilder(symlinks=True, with_pip=not has_pip).create(folder)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = folder / "lib" / version / "site-packages"
    # Plain paths: what the workbook's own .pth files would add is not for the jobs.
    seen = "\n".join(str(path) for path in link_packages(given))
    (packages / "workbook.pth").write_text(seen, encoding="utf-8")
    python = folder / "bin" / "python"
    for name, module in _MODULES.items():
        place = folder / "bin" / name
        if not place.exists() and PathFinder.find_spec(module):
            start = _PIP if module == "pip" else _MODULE
            write_program(place, start.format(python=shlex.quote(str(python)), module=module))
    for alias, target in _aliases(images):
        if not (folder / "bin" / alias).exists():
            (folder / "bin" / alias).symlink_to(target)


def _aliases(images: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the names by which jobs call the Python of their images."""
    for image in images:
        for version in re.findall(r"python:?-?(3\.\d+)", image):
            yield f"python{version}", "python"
            yield f"pip{version}", "pip"


def _make_stand_ins(folder: Path, python: Path) -> None:
    for name in INSTALLERS:
        write_program(folder / name, _INSTALLER.format(name=name))
    for name in CONTAINERS:
        write_program(folder / name, _CONTAINER.format(name=name))
    write_program(folder / "sudo", _SUDO)
    rsync, zip_ = (_real_or_own(name, python) for name in ("rsync", "zip"))
    write_program(folder / "rsync", _RSYNC.format(command=rsync))
    write_program(folder / "zip", f'#!/bin/sh\nexec {zip_} "$@"\n')


def _real_or_own(name: str, python: Path) -> str:
    """Return the command of a program, or of the stand-in where this machine has none."""
    found = shutil.which(name)
    return shlex.join([found] if found else [str(python), "-I", str(STAND_INS / f"{name}.py")])


def write_program(path: Path, text: str) -> None:
    """Write a program that everybody may run."""
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def _remove_by_force(_function: object, path: str, _error: object) -> None:
    """Remove what has no right to be removed: a job may have taken it away."""
    place = Path(path)
    place.parent.chmod(stat.S_IRWXU)
    if place.is_dir() and not place.is_symlink():
        place.chmod(stat.S_IRWXU)
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)

"""A submission's own package and deploy scripts: found, mended where a zip has hurt them, run."""

from __future__ import annotations

import os
import re
import shlex
import stat
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab_utils.grading.configuration.sources import read_regular, write_file
from lab_utils.grading.workplace import Ended, Workplace, run
from lab_utils.pipeline.bench import Bench, job_environment, make_bench
from lab_utils.wheels import pip_variables

PACKAGE, DEPLOY = "package", "deploy"
_FOLDERS = ("bin", "ci", "scripts", "script", "", "tools", "*", "*/*")
_NAMES = ("*.sh", "*.bash", "package*.py", "deploy*.py", "build*.py")
_MOST_SCRIPTS = 4
_DEPLOYS = re.compile(r"update[-_]function[-_]code|aws\s+lambda\b|deploy_function")
_PACKS = re.compile(r"\bzip\b|make_archive|ZipFile|package_lambda|\b7z\b|\btar\b", re.I)
_OF_TERRAFORM = re.compile(r"^[^#\n]*\bterraform\s+(?:apply|destroy|init)", re.M)
_SKIPPED = {"node_modules", "venv", "tests", "test", "site-packages", "staging", "lab_utils"}
_VERSIONS = re.compile(r"\b(?:python|pip)(3\.\d+)\b")
_PROFILE = re.compile(r"(?:--profile[ =]+|AWS_(?:DEFAULT_)?PROFILE=)[\"']?([\w.@-]+)")
_KEPT_VARIABLES = re.compile(r"AWS_.*|LAB_.*|no_proxy|NO_PROXY|SSL_CERT_FILE|REQUESTS_CA_BUNDLE")
_PYTHON = re.compile(r"#!.{0,80}python")
_OF_CLI_2 = re.compile(
    r"[ \t]+(?:--no-cli-pager\b|--(?:no-)?cli-auto-prompt\b|--cli-binary-format[ =]+[\w-]+)"
)
"""Options that version 2 of the AWS CLI, which students have, knows and version 1 refuses."""


@dataclass(frozen=True)
class Script:
    """A script of a submission.

    Attributes:
        path: Where it is.
        text: What it says, with Linux' line ends.
    """

    path: Path
    text: str


def find_scripts(place: Workplace, kind: str) -> list[Script]:
    """Return a submission's scripts of a kind, the likeliest first.

    Args:
        place: Where the submission is.
        kind: ``package`` or ``deploy``; what does both is one to deploy.
    """
    found = [script for script in _all_scripts(place) if _kind(script) == kind]
    shells = {script.path.with_suffix("") for script in found if script.path.suffix != ".py"}
    # A shell script of the same name is what starts it.
    found = [
        one for one in found if one.path.suffix != ".py" or one.path.with_suffix("") not in shells
    ]
    named = [script for script in found if kind in script.path.name.lower()]
    return [*named, *(script for script in found if script not in named)][:_MOST_SCRIPTS]


def mend(place: Workplace, script: Script) -> Iterator[str]:
    """Give a script what it loses on Windows or in a zip; yields what was done, in sentences."""
    shown = place.shown(script.path)
    content = read_regular(script.path) or b""
    if b"\r" in content or content.startswith(b"\xef\xbb\xbf"):
        write_file(place, script.path, script.text.encode("utf-8", "surrogateescape"))
        yield f"{shown} has Windows' line ends, with which no shell can run it; they were mended."
    if options := sorted({found.strip() for found in _OF_CLI_2.findall(script.text)}):
        text, mode = _OF_CLI_2.sub("", script.text), script.path.stat().st_mode
        write_file(place, script.path, text.encode("utf-8", "surrogateescape"))
        script.path.chmod(stat.S_IMODE(mode))
        named = ", ".join(options)
        yield f"{shown}: {named} is of the AWS CLI's version 2; run without it, by version 1."
    if not script.path.stat().st_mode & stat.S_IXUSR or b"\r" in content:
        if b"\r" not in content:
            yield f"{shown} has no right to be run; it was given it."
        script.path.chmod(0o755)


@contextmanager
def bench_for(place: Workplace, scripts: Iterable[Script]) -> Iterator[Runner]:
    """Hand out what runs scripts: a Python, pip, the AWS CLI and stand-ins of their own."""
    text = "\n".join(script.text for script in scripts)
    images = [f"python:{version}" for version in sorted(set(_VERSIONS.findall(text)))]
    with place.scratch() as folder:
        bench = make_bench(images, folder)
        try:
            yield Runner(place, bench, sorted(set(_PROFILE.findall(text))))
        finally:
            bench.remove()


class Runner:
    """Runs scripts.

    Args:
        place: Where the submission is.
        bench: The programs that they find.
        profiles: The AWS CLI's profiles that they name.
    """

    def __init__(self, place: Workplace, bench: Bench, profiles: Sequence[str]) -> None:
        self._place = place
        own = {
            name: value
            for name, value in place.environment.items()
            if _KEPT_VARIABLES.fullmatch(name)
        }
        cache = bench.temporary / "pip"
        self._environment = {**job_environment(bench, own, cache), **pip_variables()}
        if profiles:
            self._environment["AWS_CONFIG_FILE"] = str(_write_profiles(bench, profiles, own))

    def run(self, script: Script, cwd: Path, timeout_s: float) -> Ended:
        """Run a script in a folder, and return how it ended.

        Args:
            script: The script.
            cwd: The folder.
            timeout_s: Its limit of time, in seconds.
        """
        name = os.path.relpath(script.path, cwd)
        self._place.report(f"$ {'' if name.startswith('..') else './'}{name}")
        # By a shell, which runs it also without a first line that names one.
        start = shlex.quote(name if name.startswith(".") else f"./{name}")
        if script.path.suffix == ".py" and not _PYTHON.match(script.text):
            start = f"python {start}"
        command = ["bash", "-c", start]
        return run(self._place, command, cwd, self._environment, timeout_s)

    def run_anywhere(self, script: Script, deadline: float) -> Iterator[Ended]:
        """Yield how a script ended in the workspace's folder, then in its own.

        Args:
            script: The script.
            deadline: When all has to be over, on the monotonic clock.
        """
        for cwd in dict.fromkeys((self._place.workspace, script.path.parent)):
            left_s = deadline - time.monotonic()
            if left_s > 1:
                yield self.run(script, cwd, left_s)


def _all_scripts(place: Workplace) -> Iterator[Script]:
    seen: set[Path] = set()
    for folder in _FOLDERS:
        for name in _NAMES:
            pattern = f"{folder}/{name}" if folder else name
            for path in sorted(place.workspace.glob(pattern)):
                if path in seen or not _is_own(place, path):
                    continue
                seen.add(path)
                content = read_regular(path)
                if content is not None:
                    text = content.decode("utf-8-sig", "surrogateescape")
                    yield Script(path, text.replace("\r\n", "\n").replace("\r", "\n"))


def _is_own(place: Workplace, path: Path) -> bool:
    parts = path.relative_to(place.workspace).parts
    is_hidden = any(part.startswith(".") or part in _SKIPPED for part in parts[:-1])
    return not is_hidden and not path.is_symlink() and place.holds(path)


def _kind(script: Script) -> str:
    if _OF_TERRAFORM.search(script.text) and not _DEPLOYS.search(script.text):
        return ""
    if _DEPLOYS.search(script.text) and "package" not in script.path.name.lower():
        return DEPLOY
    return PACKAGE if _PACKS.search(script.text) else ""


def _write_profiles(bench: Bench, profiles: Sequence[str], environment: Mapping[str, str]) -> Path:
    """Write a configuration in which a script's profiles are those of the sandbox's own key."""
    names = {
        "aws_access_key_id": "AWS_ACCESS_KEY_ID",
        "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY",
        "region": "AWS_REGION",
    }
    own = [f"{name} = {environment.get(variable, '')}" for name, variable in names.items()]
    titles = [name if name == "default" else f"profile {name}" for name in profiles]
    path = bench.home / "aws-config"
    path.write_text("\n".join("\n".join([f"[{title}]", *own]) for title in titles), "utf-8")
    return path

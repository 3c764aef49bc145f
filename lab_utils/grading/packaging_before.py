"""A submission's Lambda packed, before Terraform asks for the package."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lab_utils.grading.configuration.sources import (
    find_configuration,
    read_regular,
    read_sources,
    write_file,
)
from lab_utils.grading.packaging_scripts import (
    DEPLOY,
    PACKAGE,
    Runner,
    Script,
    bench_for,
    find_scripts,
    mend,
)
from lab_utils.grading.packaging_sources import (
    LARGEST_PACKAGE,
    find_sources,
    handler_module,
    packed_names,
    source_files,
    zipped,
    zips_in,
)
from lab_utils.grading.packaging_wanted import Wanted, wanted_by_scripts, wanted_by_terraform
from lab_utils.grading.workplace import Ended, Workplace, cleaned

_LACKING = re.compile(r"No matching distribution found for ([\w.\[\]<>=!~,-]+)")
_MOST_WORDS = 600


@dataclass
class Packaged:
    """What came of packing.

    Attributes:
        said: How it went, in sentences.
        remarks: What had to be done for the submission, in sentences.
        made: The packages that the submission's own scripts made.
    """

    said: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    made: list[Path] = field(default_factory=list)

    @property
    def is_own(self) -> bool:
        """Whether the submission's own script made a package."""
        return bool(self.made)


def package(place: Workplace, *, timeout_s: float = 120.0) -> Packaged:
    """Pack a submission's Lambda by its own script, and return what came of it.

    What Terraform or the deploy script ask for and what the script did not make is made of the
    sources alone.

    Args:
        place: Where the submission is.
        timeout_s: The limit of time, in seconds.
    """
    packaged = Packaged()
    scripts = find_scripts(place, PACKAGE)
    if scripts:
        _run_scripts(place, scripts, packaged, time.monotonic() + timeout_s)
    else:
        packaged.said.append("The submission has no script that packs the function.")
    for wanted in _wanted(place):
        try:
            if not wanted.path.exists():
                _make(place, wanted, packaged)
        except (OSError, ValueError) as error:
            asked = cleaned(f"{wanted.asked_by} asks for {place.shown(wanted.path)}")
            packaged.remarks.append(f"{asked}, which cannot be made: {error}")
    return packaged


def last_words(ended: Ended) -> str:
    """Return the end of what a program said, in one line."""
    said = " / ".join(line.strip() for line in ended.output.splitlines() if line.strip())
    return said if len(said) <= _MOST_WORDS else f"[...] {said[-_MOST_WORDS:]}"


def _run_scripts(
    place: Workplace, scripts: Sequence[Script], packaged: Packaged, deadline: float
) -> None:
    for script in scripts:
        packaged.remarks += mend(place, script)
    with bench_for(place, scripts) as runner:
        for script in scripts:
            _run_script(place, runner, script, packaged, deadline)


def _run_script(
    place: Workplace, runner: Runner, script: Script, packaged: Packaged, deadline: float
) -> None:
    shown = place.shown(script.path)
    failed: list[Ended] = []
    before, names = zips_in(place), _entries(place, script)
    for ended in runner.run_anywhere(script, deadline):
        after = zips_in(place)
        made = [path for path in after if after[path] != before.get(path) and _has_code(path)]
        if made:
            packaged.made += made
            packaged.said.append(f"{shown} made {', '.join(map(place.shown, made))}.")
            packaged.remarks += _lacking(shown, ended)
            if failed:
                packaged.remarks.append(f"{shown} works in its own folder only.")
            return
        failed.append(ended)
        _remove_new(place, script, names)
    for ended in failed[:1]:
        late = " in its time" if ended.is_late else ""
        packaged.said.append(f"{shown} made no package{late}: {last_words(ended) or 'no word'}")
        packaged.remarks += _lacking(shown, ended)


def _lacking(shown: str, ended: Ended) -> Iterator[str]:
    for name in dict.fromkeys(_LACKING.findall(ended.output)):
        yield f"{shown}: the sandbox, which has no network, lacks the package {name}."


def _has_code(path: Path) -> bool:
    return any(name.endswith(".py") for name in packed_names(path) or ())


def _entries(place: Workplace, script: Script) -> set[Path]:
    folders = (place.workspace, script.path.parent)
    # A script may have removed its own folder, or put a link in its place.
    there = [folder for folder in folders if folder.is_dir() and place.holds(folder)]
    return {path for folder in there for path in folder.iterdir()}


def _remove_new(place: Workplace, script: Script, before: set[Path]) -> None:
    """Remove what a script left behind that failed: its next try begins as the first one."""
    for path in _entries(place, script) - before:
        if path.is_dir() and not path.is_symlink() and not path.name.startswith(".grading-"):
            shutil.rmtree(path, ignore_errors=True)
        elif not path.is_dir():
            path.unlink(missing_ok=True)


def _wanted(place: Workplace) -> list[Wanted]:
    folder = find_configuration(place.workspace)
    by_terraform = wanted_by_terraform(read_sources(place, folder)) if folder else []
    handler = next((one.handler for one in by_terraform if one.handler), "")
    return [*by_terraform, *wanted_by_scripts(place, find_scripts(place, DEPLOY), handler)]


def _make(place: Workplace, wanted: Wanted, packaged: Packaged) -> None:
    """Put what is wanted where it is wanted, and say of what it is made."""
    shown = place.shown(wanted.path)
    lacks = f"{wanted.asked_by} asks for {shown}, which is not there"
    if not place.holds(wanted.path):
        packaged.remarks.append(f"{lacks}, and would be outside of the submission.")
        return
    folder = find_sources(place, wanted.handler)
    if wanted.is_placeholder:
        write_file(place, wanted.path, zipped({"empty.txt": b""}))
        packaged.remarks.append(f"{lacks}: an empty package was put there.")
    elif wanted.path.suffix != ".zip":
        packaged.remarks.append(f"{lacks}{_copy_sources(place, wanted, folder)}")
    elif made := _fitting(packaged.made, wanted.handler):
        write_file(place, wanted.path, read_regular(made, LARGEST_PACKAGE) or b"")
        packaged.remarks.append(f"{lacks}: {place.shown(made)} was put there.")
    elif folder is None:
        packaged.remarks.append(f"{lacks}; no sources of a function were found to pack.")
    else:
        write_file(place, wanted.path, zipped(source_files(folder)))
        packaged.remarks.append(f"{lacks}: the sources in {place.shown(folder)} were packed alone.")


def _copy_sources(place: Workplace, wanted: Wanted, folder: Path | None) -> str:
    """Put sources where Terraform would pack them, and return the end of the remark."""
    files = source_files(folder) if folder else {}
    if not wanted.is_folder:
        files = {name: text for name, text in files.items() if name == wanted.path.name}
    for name, content in files.items():
        target = wanted.path / name if wanted.is_folder else wanted.path
        write_file(place, target, content)
    if not files or folder is None:
        return "; no sources of a function were found to put there."
    return f": the sources in {place.shown(folder)} were put there."


def _fitting(made: Sequence[Path], handler: str) -> Path | None:
    """Return the package that holds a handler's module, else the only one that there is."""
    module = handler_module(handler)
    fitting = (path for path in made if module in (packed_names(path) or ()))
    return next(fitting, made[0] if len(made) == 1 else None)

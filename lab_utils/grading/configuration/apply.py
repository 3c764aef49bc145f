"""A student's configuration applied as far as Terraform and AWS take it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lab_utils.grading.configuration.adaptions import (
    adapt_accounts,
    adapt_provider_blocks,
    adapt_terraform_blocks,
    remove_leftovers,
)
from lab_utils.grading.configuration.devices import device_files
from lab_utils.grading.configuration.engine import LONGEST_WAIT_S, Complaint, Engine, Run, engine_in
from lab_utils.grading.configuration.hcl import line_of, parts_of
from lab_utils.grading.configuration.providers import set_unknown_aside
from lab_utils.grading.configuration.refusals import Refusals
from lab_utils.grading.configuration.shelf import Shelf
from lab_utils.grading.configuration.sources import (
    Sources,
    find_configuration,
    read_sources,
    terraform_folders,
)
from lab_utils.grading.configuration.state import outputs_of, read_state
from lab_utils.grading.configuration.storage import take_packages_from_files
from lab_utils.grading.configuration.variables import give_values
from lab_utils.grading.results import SetAside
from lab_utils.grading.workplace import Workplace
from lab_utils.mqtt import DeviceFiles
from lab_utils.settings import DEFAULT_LOCAL_REGION

_MOST_ROUNDS = 60
_MOST_APPLIES = 4
_SHARE = 0.5
"""How much of the time that is left one apply may take, so that another one can follow."""
_MOST_NAMED = 12


@dataclass(frozen=True)
class Applied:
    """What came of a configuration.

    Attributes:
        is_done: Whether all that was not set aside got made.
        folder: The configuration's folder, None if the submission has no configuration.
        outputs: Terraform's outputs by name.
        state: Terraform's state, in its format version 4; {} if there is none.
        set_aside: What was left out, or what AWS refused.
        device_files: The device's files, None if there are none.
        said: How it went, in sentences.
        remarks: What was adapted, in sentences.
        is_late: Whether it was ended because its time was over.
    """

    is_done: bool
    folder: Path | None = None
    outputs: dict[str, Any] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    set_aside: tuple[SetAside, ...] = ()
    device_files: DeviceFiles | None = None
    said: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    is_late: bool = False


@dataclass(frozen=True)
class Destroyed:
    """What came of a destroy.

    Attributes:
        is_done: Whether Terraform destroyed all that it had made.
        said: How it went, in sentences.
    """

    is_done: bool
    said: tuple[str, ...] = ()


def apply_configuration(
    place: Workplace,
    *,
    timeout_s: float = 180.0,
    program_s: float = LONGEST_WAIT_S,
    on_set_aside: Callable[[SetAside], None] = lambda _one: None,
    ca: Path | None = None,
    made: Path | None = None,
) -> Applied:
    """Apply a submission's configuration, and return what came of it.

    What Terraform refuses is set aside, block by block, until it takes the rest. Nothing that a
    student can write raises.

    Args:
        place: Where the submission is; its files are changed.
        timeout_s: The limit of time, in seconds.
        program_s: For how long Terraform may wait for a program that the configuration starts.
        on_set_aside: Takes each block as it is set aside.
        ca: The authority's certificate, for `Applied.device_files`.
        made: A folder for the device's files, outside of the workspace.
    """
    folder = find_configuration(place.workspace)
    if folder is None:
        return Applied(False, said=("The submission has no Terraform file.",))
    sources = read_sources(place, folder)
    shelf = Shelf(sources, on_set_aside)
    remarks = [*sources.remarks, *_others(sources), *_adapt(sources, shelf)]
    with engine_in(place, folder, timeout_s, program_s) as engine:
        applied = _applied(_Work(sources, shelf, engine), remarks)
    if not (ca and made):
        return applied
    return replace(applied, device_files=device_files(place.workspace, applied.state, ca, made))


def destroy_configuration(place: Workplace, folder: Path, *, timeout_s: float = 120.0) -> Destroyed:
    """Destroy what `apply_configuration` made, and return what came of it.

    Args:
        place: As for the apply.
        folder: `Applied.folder`.
        timeout_s: The limit of time, in seconds.
    """
    with engine_in(place, folder, timeout_s) as engine:
        run = engine.run("destroy", "-auto-approve", "-input=false")
    said = [f"Terraform destroyed {len(run.changed)} resources."]
    if run.is_late:
        said.append(f"It was ended after {timeout_s:g} s.")
    return Destroyed(run.is_done, (*said, *_words(run)))


def _applied(work: _Work, remarks: list[str]) -> Applied:
    run = work.done()
    folder = work.sources.folder
    state = read_state(folder)
    return Applied(
        is_done=run.is_done,
        folder=folder,
        outputs=outputs_of(state),
        state=state,
        set_aside=tuple(work.shelf.entries),
        said=tuple(work.said),
        remarks=(*remarks, *work.refusals.remarks, *work.remarks),
        is_late=run.is_late,
    )


class _Work:
    """The rounds of one apply."""

    def __init__(self, sources: Sources, shelf: Shelf, engine: Engine) -> None:
        self.sources, self.shelf, self._engine = sources, shelf, engine
        self.refusals = Refusals(sources, shelf)
        self.said: list[str] = []
        self.remarks: list[str] = []
        self._failed_applies = 0
        self._made: set[str] = set()

    def done(self) -> Run:
        """Apply, and return the last run of Terraform."""
        run = self._prepared()
        if run.is_done:
            run = self._applied()
        self._tell(run)
        return run

    def _prepared(self) -> Run:
        """Let Terraform read the files, and set aside what it cannot."""
        run = Run()
        for _round in range(_MOST_ROUNDS):
            run = self._engine.run("init", "-input=false")
            if run.is_done or run.is_late or not self.refusals.take(run.complaints):
                break
        return run

    def _applied(self) -> Run:
        """Apply, and set aside what Terraform refuses, until there is nothing more to try."""
        run, before = Run(), Run()
        for _round in range(_MOST_ROUNDS):
            run = self._engine.run("apply", "-auto-approve", "-input=false", share=_SHARE)
            self._made |= run.changed
            if run.is_done or not self._has_another_try(run, before):
                break
            before = run
        return run

    def _has_another_try(self, run: Run, before: Run) -> bool:
        if run.is_late:
            return self._engine.left_s > 1 and self._without_provisioners()
        if not run.has_begun:
            return self.refusals.take(run.complaints)
        self._failed_applies += 1
        # A name in the place of a reference says no order; what was too early is made now.
        is_further = bool(run.changed) or len(run.complaints) < len(before.complaints)
        return is_further and self._failed_applies < _MOST_APPLIES

    def _without_provisioners(self) -> bool:
        """Set aside the programs that resources start; return whether there were any."""
        found = False
        for path, block in reversed(list(self.sources.blocks("resource"))):
            for part in reversed(parts_of(self.sources.texts[path], block)):
                if part.name == "provisioner":
                    why = f"It had not ended after {self._engine.waited_s:.0f} s."
                    self.shelf.put(path, part, why, block)
                    found = True
        return found

    def _tell(self, run: Run) -> None:
        self.said.append(f"Terraform made {len(self._made)} resources.")
        if run.is_done and self._failed_applies:
            self.remarks.append(
                f"Terraform had to apply {self._failed_applies + 1} times: where a resource is "
                "named and not referred to, it cannot know which of two has to be first."
            )
        if run.is_late:
            self.said.append("Terraform was ended because its time was over.")
        ordered = sorted(run.complaints, key=lambda one: (one.file, one.line))
        failing = [self._list(one) for one in ordered]
        if not run.has_begun:
            self.said += _words(run)
        left = sorted(run.planned - self._made - set(failing))
        if failing and left and run.has_begun:
            more = f" and {len(left) - _MOST_NAMED} more" if len(left) > _MOST_NAMED else ""
            self.said.append(
                f"Not made, because what they need failed: {', '.join(left[:_MOST_NAMED])}{more}."
            )

    def _list(self, complaint: Complaint) -> str:
        """List a resource that AWS refuses, and return its address."""
        if found := self.refusals.part_of(complaint):
            path, part = found
            line = line_of(self.sources.texts[path], part.start)
            self.shelf.note(part.title, path, line, complaint.words)
        return complaint.address


def _others(sources: Sources) -> Iterator[str]:
    """Yield what is said of Terraform files that are no part of the configuration."""
    place = sources.place
    used = {path.parent for path in sources.texts}
    others = sorted(map(place.shown, terraform_folders(place.workspace) - used))
    if others:
        yield (
            f"Only {place.shown(sources.folder)} is applied: it does not call what is in "
            f"{', '.join(others[:_MOST_NAMED])}."
        )


def _adapt(sources: Sources, shelf: Shelf) -> Iterator[str]:
    remove_leftovers(sources)
    yield from adapt_terraform_blocks(sources)
    yield from adapt_provider_blocks(sources)
    yield from set_unknown_aside(sources, shelf)
    yield from take_packages_from_files(sources)
    region = sources.place.environment.get("AWS_REGION") or DEFAULT_LOCAL_REGION
    yield from give_values(sources, region)
    yield from adapt_accounts(sources)


def _words(run: Run) -> Iterable[str]:
    said = [one.words for one in run.complaints[:_MOST_NAMED]]
    return said or ([f"Terraform says: {run.rest.strip()[-500:]}"] if run.status else [])

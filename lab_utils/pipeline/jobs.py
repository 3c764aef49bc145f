"""The jobs of a pipeline, with what they inherit: ``extends``, ``default``, ``!reference``.

Source: https://docs.gitlab.com/ci/yaml/
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lab_utils.pipeline.document import Fault, Items, Map, Reference
from lab_utils.pipeline.includes import merged

NOT_JOBS = {
    *("default", "include", "stages", "variables", "workflow", "spec", "types"),
    *("image", "services", "before_script", "after_script", "cache", "$schema"),
}
DEFAULT_STAGES = ("build", "test", "deploy")
INHERITED = (
    *("image", "services", "before_script", "after_script", "cache", "artifacts"),
    *("retry", "timeout", "interruptible", "tags", "hooks", "id_tokens"),
)
_AS_DEFAULT = ("image", "services", "before_script", "after_script", "cache")
_DEEPEST = 11
"""How many levels of ``extends`` GitLab follows."""


@dataclass(frozen=True)
class Command:
    """One entry of a script.

    Attributes:
        text: What the shell gets.
        line: Where it stands.
        file: In which file.
    """

    text: str
    line: int
    file: str


@dataclass(frozen=True)
class Job:
    """A job as GitLab would run it.

    Attributes:
        name: Its name.
        keys: Its keys, with all that it inherits.
        stage: Its stage.
    """

    name: str
    keys: Map
    stage: str

    def line(self, *path: Any) -> int:
        """Return the line of a key of the job; its own line where it inherits it or lacks it."""
        return self.place(*path)[1]

    def place(self, *path: Any) -> tuple[str, int]:
        """Return file and line of a key of the job, or of the job."""
        return self.keys.place(*path)

    def commands(self, *sections: str) -> tuple[Command, ...]:
        """Return what its shell runs, in order.

        Args:
            sections: Such as ``before_script``; by default that and ``script``.
        """
        names = sections or ("before_script", "script")
        return tuple(one for name in names for one in _commands(self.keys, name))


@dataclass
class Jobs:
    """What a pipeline consists of.

    Attributes:
        stages: The stages in their order.
        visible: The jobs that GitLab runs, by name, in the order of the file.
        hidden: The names of those that begin with a dot, with their keys.
        variables: The variables of the whole pipeline.
        faults: What GitLab would refuse, with the job and the file.
    """

    stages: tuple[str, ...]
    visible: dict[str, Job] = field(default_factory=dict)
    hidden: dict[str, Map] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    faults: list[tuple[str, str, Fault]] = field(default_factory=list)


def read_jobs(data: Map) -> Jobs:
    """Return the jobs of a pipeline.

    Args:
        data: The pipeline with its includes.
    """
    named = data.get("stages")
    stages = [str(one) for one in named] if isinstance(named, list) else list(DEFAULT_STAGES)
    jobs = Jobs(tuple(stages), variables=variables_of(data.get("variables")))
    for name, value in data.items():
        if name in NOT_JOBS or not isinstance(value, Map):
            continue
        try:
            keys = _Expansion(data).job(name)
        except _RefusedError as error:
            jobs.faults.append((name, data.places[name][0], error.fault))
            continue
        if name.startswith("."):
            jobs.hidden[name] = keys
        else:
            jobs.visible[name] = Job(name, keys, str(keys.get("stage") or "test"))
    return jobs


def variables_of(value: Any) -> dict[str, str]:
    """Return variables as plain texts: ``NAME: value`` or ``NAME: {value: ...}``."""
    held = value if isinstance(value, dict) else {}
    plain = {key: one.get("value") if isinstance(one, dict) else one for key, one in held.items()}
    return {
        str(key): str(one).lower() if isinstance(one, bool) else str(one)
        for key, one in plain.items()
        if one is not None and not isinstance(one, list)
    }


class _RefusedError(Exception):
    def __init__(self, line: int, says: str, hint: str) -> None:
        super().__init__(says)
        self.fault = Fault(line, says, hint)


class _Expansion:
    """Puts a job together from the pipeline's data."""

    def __init__(self, data: Map) -> None:
        self._data = data

    def job(self, name: str) -> Map:
        keys = self._extended(name, ())
        keys = self._with_default(keys)
        made = Map(keys.file, keys.line)
        for key, value in keys.items():
            made.put(key, self._resolved(value, 0), keys.places[key])
        own = self._data.places[name]
        made.file, made.line = own
        return made

    def _extended(self, name: str, above: tuple[str, ...]) -> Map:
        value = self._data[name]
        keys = value if isinstance(value, Map) else Map()
        line = keys.place("extends")[1]
        made = Map(keys.file, keys.line)
        for other in _names(keys.get("extends")):
            if other in (*above, name):
                says = f"`{name}` extends itself by way of `{other}`."
                raise _RefusedError(line, says, "take one of the two `extends` out.")
            if not isinstance(self._data.get(other), Map):
                says = f"`{name}` extends `{other}`, which is not in the file."
                raise _RefusedError(line, says, "write that job, or mend the name.")
            if len(above) >= _DEEPEST:
                says = f"`{name}` extends through more than {_DEEPEST} jobs."
                raise _RefusedError(line, says, "extend fewer jobs.")
            made = merged(made, self._extended(other, (*above, name)))
        return _without(merged(made, keys) if made else keys, "extends")

    def _with_default(self, keys: Map) -> Map:
        """Return a job's keys with those of ``default:`` and of the top of the file."""
        wanted = _inherited(keys.get("inherit"))
        default = self._data.get("default")
        made = Map(keys.file, keys.line)
        for key in INHERITED:
            sources = [default] + ([self._data] if key in _AS_DEFAULT else [])
            source = next((one for one in sources if isinstance(one, Map) and key in one), None)
            if source is not None and key in wanted and key not in keys:
                made.put(key, source[key], source.places[key])
        for key, value in keys.items():
            made.put(key, value, keys.places[key])
        return made

    def _resolved(self, value: Any, depth: int) -> Any:
        """Return a value with what its ``!reference`` tags stand for."""
        if isinstance(value, Reference):
            return self._referred(value, depth)
        if isinstance(value, Map):
            made = Map(value.file, value.line)
            for key, one in value.items():
                made.put(key, self._resolved(one, depth), value.places[key])
            return made
        if isinstance(value, Items):
            items = Items(value.file, value.line)
            for one, line in zip(value, value.lines, strict=True):
                found = self._resolved(one, depth)
                if isinstance(one, Reference) and isinstance(found, Items):
                    for part, place in zip(found, found.lines, strict=True):
                        items.add(part, place)
                else:
                    items.add(found, line)
            return items
        return value

    def _referred(self, reference: Reference, depth: int) -> Any:
        if depth > 10:
            raise _RefusedError(reference.line, "A `!reference` leads in a circle.", "mend it.")
        found: Any = self._data
        for key in reference:
            found = found.get(str(key)) if isinstance(found, Map) else None
        if found is None:
            says = f"`!reference [{', '.join(str(key) for key in reference)}]` leads to nothing."
            raise _RefusedError(reference.line, says, "mend the names in it.")
        return self._resolved(found, depth + 1)


def _names(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _inherited(value: Any) -> set[str]:
    chosen = value.get("default", True) if isinstance(value, Map) else True
    if isinstance(chosen, list):
        return {str(one) for one in chosen}
    return set(INHERITED) if chosen else set()


def _without(keys: Map, dropped: str) -> Map:
    made = Map(keys.file, keys.line)
    for key, value in keys.items():
        if key != dropped:
            made.put(key, value, keys.places[key])
    return made


def _commands(keys: Map, section: str) -> Iterator[Command]:
    value = keys.get(section)
    file, line = keys.places.get(section, (keys.file, keys.line))
    if isinstance(value, str):
        yield Command(value, line, file)
    elif isinstance(value, Items):
        yield from _listed(value)


def _listed(items: Items) -> Iterator[Command]:
    for one, line in zip(items, items.lines, strict=True):
        if isinstance(one, Items):
            yield from _listed(one)
        elif isinstance(one, str):
            yield Command(one, line, items.file)

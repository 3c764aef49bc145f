"""The whole examination, which goes on where a package that it needs itself is missing."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from lab_utils.doctor.symptoms import Symptom, missing
from lab_utils.settings import CHECKOUT, Settings, base_environment

LOCK = CHECKOUT / "requirements.lock"


def examine(settings: Settings) -> Iterator[Symptom]:
    """Yield what there is to say, first what everything else stands on.

    Args:
        settings: Target and workspace to look at.
    """
    environ = base_environment()
    yield from _look("machine", "Python", lambda doctor: [doctor.examine_python()])
    yield from _look("packages", "packages", lambda doctor: [doctor.examine_packages(LOCK)])
    yield from _look("machine", "machine", lambda doctor: _machine(doctor, settings))
    yield from _look("workspace", "workspace", lambda doctor: _workspace(doctor, settings, environ))
    yield from _look("programs", "programs", _programs)
    yield from _look("pipeline_tools", "pipeline", lambda doctor: doctor.examine_tools())
    yield from _look("sandbox", "bubblewrap", lambda doctor: [doctor.examine_sandbox()])
    yield from _look("network", "network", lambda doctor: [doctor.examine_proxies(environ)])
    if settings.is_local:
        yield from _look("network", "ports", lambda doctor: _ports(doctor, settings))
    else:
        yield from _look("account", "account", lambda doctor: doctor.examine_account(settings))


def _look(module: str, name: str, examination: Callable[[Any], Iterable[Symptom]]) -> list[Symptom]:
    """Return an examination's symptoms; where it lacks a package itself, that is the symptom."""
    try:
        return list(examination(importlib.import_module(f"lab_utils.doctor.{module}")))
    except ImportError as error:
        return [missing(name, f"cannot be examined ({error})", "make installs what lacks")]


def _machine(doctor: Any, settings: Settings) -> list[Symptom]:
    return [
        doctor.examine_disk(settings.workspace),
        doctor.examine_writing(settings.workspace),
        doctor.examine_path(settings.workspace),
        doctor.examine_clock(LOCK if LOCK.exists() else CHECKOUT),
    ]


def _workspace(doctor: Any, settings: Settings, environ: dict[str, str]) -> list[Symptom]:
    symptoms = [doctor.examine_variables(environ), doctor.examine_given_files(settings)]
    return symptoms + ([doctor.examine_session(settings)] if settings.is_local else [])


def _programs(doctor: Any) -> list[Symptom]:
    programs = [doctor.examine_program(name) for name in ("git", "bash", "aws")]
    return [doctor.examine_terraform(), doctor.examine_kernel(), *programs]


def _ports(doctor: Any, settings: Settings) -> list[Symptom]:
    own_pid = importlib.import_module("lab_utils.doctor.workspace").own_pid(settings)
    return [
        doctor.examine_port(port, purpose, own_pid) for port, purpose in doctor.USUAL_PORTS.items()
    ]

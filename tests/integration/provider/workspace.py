"""A folder with a Terraform configuration, and the commands on it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab_utils.terraform import find_engine

_DEADLINE_S = 60


class TerraformFailedError(Exception):
    """Terraform's error diagnostics."""

    def __init__(self, diagnostics: list[dict[str, Any]], text: str) -> None:
        super().__init__(text)
        self.diagnostics = diagnostics

    @property
    def summaries(self) -> str:
        """Every summary and detail, a line each."""
        return "\n".join(f"{one['summary']}\n{one.get('detail', '')}" for one in self.diagnostics)

    @property
    def snippets(self) -> str:
        """The lines of HCL that the errors point to."""
        return "\n".join(one.get("snippet", {}).get("code", "") for one in self.diagnostics)


@dataclass(frozen=True)
class Change:
    """A planned change: ``actions`` as Terraform's JSON has them, ``["delete", "create"]``."""

    actions: list[str]
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    after_unknown: dict[str, Any]
    replace_paths: list[list[Any]]


class TerraformWorkspace:
    """A Terraform folder that reattaches to running providers."""

    def __init__(
        self, folder: Path, reattach: Mapping[str, Any], engine: list[str] | None = None
    ) -> None:
        self.folder = folder
        self.engine = engine or find_engine()
        configuration = folder.parent / "terraform.rc"
        configuration.touch()
        self.environment = {
            "PATH": os.environ["PATH"],
            "CHECKPOINT_DISABLE": "1",
            "TF_CLI_CONFIG_FILE": str(configuration),
            "TF_REATTACH_PROVIDERS": json.dumps(reattach),
        }

    def write(self, hcl: str, name: str = "main.tf") -> None:
        """Replace a file of the configuration."""
        (self.folder / name).write_text(hcl, encoding="utf-8")

    def run(self, *arguments: str) -> str:
        """Return what a command prints; its errors raise ``TerraformFailedError``."""
        done = subprocess.run(
            [*self.engine, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=_DEADLINE_S,
            check=False,
        )
        if done.returncode:
            raise TerraformFailedError(_errors(done.stdout), done.stdout + done.stderr)
        return done.stdout

    def init(self) -> None:
        """Prepare the folder."""
        self.run("init", "-input=false")

    def plan(self) -> dict[str, Change]:
        """Return the planned changes by address; an empty dict when there are none."""
        told = self.run("plan", "-input=false", "-json", "-out=plan.bin")
        if not _has_changes(told):
            return {}
        shown = json.loads(self.run("show", "-json", "plan.bin"))
        return {
            one["address"]: _change(one["change"])
            for one in shown.get("resource_changes", [])
            if one["change"]["actions"] not in (["no-op"], ["read"])
        }

    def apply(self) -> None:
        """Apply the configuration."""
        self.run("apply", "-auto-approve", "-input=false", "-json")

    def destroy(self) -> None:
        """Destroy everything in the state."""
        self.run("destroy", "-auto-approve", "-input=false", "-json")

    def import_(self, address: str, import_id: str) -> None:
        """Import an existing resource, and drop what the state had at the address."""
        self.run("state", "rm", address)
        self.run("import", "-input=false", address, import_id)

    def outputs(self) -> dict[str, Any]:
        """Return the outputs in the state."""
        return {name: one["value"] for name, one in self._stored()["outputs"].items()}

    def state(self, address: str) -> dict[str, Any]:
        """Return a resource's or data source's attributes in the state."""
        [instance] = self._resources()[address]
        attributes: dict[str, Any] = instance["attributes"]
        return attributes

    def addresses(self) -> list[str]:
        """Return the addresses in the state."""
        return list(self._resources())

    def _resources(self) -> dict[str, Any]:
        """Return the instances of each resource and data source in the state, by address."""
        return {_address(one): one["instances"] for one in self._stored()["resources"]}

    def _stored(self) -> dict[str, Any]:
        # Terraform could show it, but takes longer for that than for many a change.
        stored: dict[str, Any] = json.loads((self.folder / "terraform.tfstate").read_bytes())
        return stored


def _address(stored: Mapping[str, str]) -> str:
    """Return the address of a resource or a data source in the state's file."""
    kind = "data." if stored["mode"] == "data" else ""
    module = f"{stored['module']}." if "module" in stored else ""
    return f"{module}{kind}{stored['type']}.{stored['name']}"


def _change(change: Mapping[str, Any]) -> Change:
    return Change(
        change["actions"],
        change["before"],
        change["after"],
        change.get("after_unknown") or {},
        change.get("replace_paths", []),
    )


def _has_changes(told: str) -> bool:
    """Return whether a plan's events count a change."""
    events = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    [summary] = [event["changes"] for event in events if event["type"] == "change_summary"]
    return any(summary[kind] for kind in ("add", "change", "import", "remove"))


def _errors(text: str) -> list[dict[str, Any]]:
    events = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    found = [event["diagnostic"] for event in events if event.get("type") == "diagnostic"]
    return [one for one in found if one["severity"] == "error"]

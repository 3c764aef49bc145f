"""A resource type with an error of its own: a diagnostic, and the provider goes on."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lab_utils.local_aws.provider.clients import Clients
from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.local.files import LocalFile, LocalFileData, LocalSensitiveFile
from lab_utils.local_aws.provider.peers import Peers
from lab_utils.local_aws.provider.provider import make_unconfigured_provider
from lab_utils.local_aws.provider.server import ProviderServers, serve_provider
from lab_utils.local_aws.provider.values import State
from tests.integration.provider.workspace import TerraformFailedError, TerraformWorkspace

HCL = 'resource "local_file" "it" {\n filename = "%s"\n content = "x"\n}\n'


class BrokenFile(LocalFile):
    """Fails in the way that the file's name says."""

    def create(self, context: Context, planned: State) -> State:
        if planned["filename"] == "raises":
            raise RuntimeError("boom")
        made = super().create(context, planned)
        if planned["filename"] == "half":
            context.keep(**made)
            raise RuntimeError("boom")
        return made

    def read(self, context: Context, state: State) -> State | None:
        match state["filename"]:
            case "of another type":
                return {"content_md5": datetime.datetime.now(datetime.UTC)}
            case "not in the schema":
                return {"strange": 1}
            case "read raises":
                raise RuntimeError("boom")
            case "not as planned":
                return {"file_permission": "0000"}
        return super().read(context, state)

    def validate(self, _context: Context, config: State) -> None:
        if config["filename"] == "invalid":
            raise RuntimeError("boom")

    def plan(self, _context: Context, _prior: State | None, planned: State) -> None:
        if planned["filename"] == "unplanned":
            raise RuntimeError("boom")

    def delete(self, context: Context, state: State) -> None:
        if state["filename"] == "stays" and (context.folder / "no-delete").exists():
            raise RuntimeError("boom")
        super().delete(context, state)

    def display_name(self, state: State) -> str:
        if state.get("filename") == "nameless":
            raise RuntimeError("boom")
        return super().display_name(state)


class TalkativeFile(LocalSensitiveFile):
    """Fails with a secret in the exception."""

    def create(self, context: Context, planned: State) -> State:  # noqa: ARG002
        raise RuntimeError(f"cannot write {planned['content']}")


class BrokenData(LocalFileData):
    """Fails always."""

    def read(self, context: Context, config: State) -> dict[str, Any]:  # noqa: ARG002
        raise RuntimeError("boom")


@pytest.fixture
def broken_workspace(tmp_path: Path) -> Iterator[Callable[[str], TerraformWorkspace]]:
    provider = make_unconfigured_provider("local", [BrokenFile(), TalkativeFile()], [BrokenData()])
    served = serve_provider(provider, Peers(tmp_path), Clients("http://127.0.0.1:1"))
    servers = ProviderServers({"local": served})

    def make(hcl: str) -> TerraformWorkspace:
        folder = tmp_path / "work"
        folder.mkdir()
        work = TerraformWorkspace(folder, servers.reattach())
        work.write(hcl)
        work.init()
        return work

    yield make
    servers.stop()


@pytest.mark.parametrize(
    ("filename", "words", "left"),
    [
        ("raises", "creating local file (raises): the lab's provider failed", []),
        ("half", "creating local file (half): the lab's provider failed", ["local_file.it"]),
        ("read raises", "RuntimeError: boom", ["local_file.it"]),
        ("of another type", "content_md5 is datetime, not a string", ["local_file.it"]),
        ("not in the schema", "strange is not in the schema", ["local_file.it"]),
        ("invalid", "validating local file (invalid)", []),
        ("unplanned", "planning local file (unplanned)", []),
        ("nameless", "ValidateResourceConfig of local_file", []),
    ],
)
def test_an_error_of_a_type_names_it_and_what_it_did(
    filename: str,
    words: str,
    left: list[str],
    broken_workspace: Callable[[str], TerraformWorkspace],
    caplog: pytest.LogCaptureFixture,
) -> None:
    work = broken_workspace(HCL % filename)
    with pytest.raises(TerraformFailedError) as raised:
        work.apply()
    assert words in raised.value.summaries
    assert ".lab/aws.log" in raised.value.summaries
    assert "Traceback" in caplog.text
    assert (work.addresses() if (work.folder / "terraform.tfstate").exists() else []) == left
    if left:
        work.run("state", "rm", *left)
    work.write(HCL % "fine")
    work.apply()
    assert (work.folder / "fine").read_text() == "x"


def test_a_resource_that_cannot_be_deleted_stays_in_the_state(
    broken_workspace: Callable[[str], TerraformWorkspace],
) -> None:
    work = broken_workspace(HCL % "stays")
    work.apply()
    (work.folder / "no-delete").touch()
    with pytest.raises(TerraformFailedError, match=r"deleting local file \(stays\)"):
        work.destroy()
    assert work.addresses() == ["local_file.it"]
    (work.folder / "no-delete").unlink()
    work.destroy()
    assert work.addresses() == []


def test_an_error_of_a_data_source_names_it(
    broken_workspace: Callable[[str], TerraformWorkspace],
) -> None:
    work = broken_workspace('data "local_file" "it" { filename = "it" }')
    with pytest.raises(TerraformFailedError, match="reading local file: the lab's provider failed"):
        work.plan()


def test_what_is_not_as_planned_is_logged_by_name_only(
    broken_workspace: Callable[[str], TerraformWorkspace], caplog: pytest.LogCaptureFixture
) -> None:
    work = broken_workspace(HCL % "not as planned")
    with caplog.at_level(logging.WARNING), pytest.raises(TerraformFailedError):
        work.apply()
    assert "file_permission of local_file is not as planned" in caplog.text


def test_a_secret_is_neither_in_the_message_nor_in_the_log(
    broken_workspace: Callable[[str], TerraformWorkspace], caplog: pytest.LogCaptureFixture
) -> None:
    work = broken_workspace(
        'resource "local_sensitive_file" "it" {\n filename = "it"\n content = "open-sesame"\n}'
    )
    with pytest.raises(TerraformFailedError) as raised:
        work.apply()
    assert "cannot write (sensitive value)" in raised.value.summaries
    assert "open-sesame" not in str(raised.value)
    assert "cannot write (sensitive value)" in caplog.text
    assert "open-sesame" not in caplog.text

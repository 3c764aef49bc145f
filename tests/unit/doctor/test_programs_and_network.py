"""What the doctor says of programs, ports, proxies and the lab's own variables and session."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from jupyter_client.kernelspec import NoSuchKernel

from lab_utils.doctor import network, pipeline_tools, programs, sandbox, workspace
from lab_utils.errors import PipelineError, SandboxError, TerraformError
from lab_utils.pipeline.tools import Tools
from lab_utils.settings import read_settings


@pytest.mark.parametrize("name", ["git", "bash", "aws"])
def test_a_program_that_is_not_there_is_missing_with_the_reason(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab_utils.doctor.programs.find_program", lambda _name: None)
    symptom = programs.examine_program(name)
    assert symptom.status == "missing"
    assert "install" in symptom.fix


def test_a_program_beside_this_python_is_found_without_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    assert programs.examine_program("aws").status == "ok"


def test_without_any_terraform_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> list[str]:
        raise TerraformError("find Terraform", "There is none.", "install it.")

    assert programs.examine_terraform().status == "ok"
    monkeypatch.setattr(programs, "find_engine", refuse)
    assert programs.examine_terraform().line() == "missing Terraform: There is none. -> install it."
    monkeypatch.setattr(programs, "find_engine", lambda: ["/usr/bin/tofu"])
    assert programs.examine_terraform().seen == "/usr/bin/tofu"


def kernel(program: str) -> Any:
    spec = SimpleNamespace(argv=[program, "-m", "ipykernel_launcher"], resource_dir="/kernels")
    return lambda: SimpleNamespace(get_kernel_spec=lambda _name: spec)


@pytest.mark.parametrize(
    ("program", "status"),
    [("python", "ok"), (sys.executable, "ok"), ("/bin/sh", "note"), ("/no/python", "missing")],
)
def test_a_kernel_of_another_python_is_noted_and_one_of_none_is_missing(
    program: str, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "KernelSpecManager", kernel(program))
    assert programs.examine_kernel().status == status


def test_without_a_kernel_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_name: str) -> None:
        raise NoSuchKernel("python3")

    monkeypatch.setattr(
        programs, "KernelSpecManager", lambda: SimpleNamespace(get_kernel_spec=refuse)
    )
    symptom = programs.examine_kernel()
    assert symptom.status == "missing"
    assert "ipykernel install" in symptom.fix


def test_without_what_runs_a_pipeline_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Tools:
        raise PipelineError("run", "gitlab-ci-local is not installed.", "lab pipeline install")

    monkeypatch.setattr(pipeline_tools, "find_tools", refuse)
    [symptom] = pipeline_tools.examine_tools()
    assert (symptom.status, symptom.fix) == ("missing", "lab pipeline install")


@pytest.mark.parametrize(("has_rsync", "status"), [(True, "ok"), (False, "note")])
def test_a_machine_without_rsync_is_told_of_the_stand_in(
    has_rsync: bool, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = Tools(("node", "gitlab-ci-local"), "git", has_rsync)
    monkeypatch.setattr(pipeline_tools, "find_tools", lambda: tools)
    monkeypatch.setattr(pipeline_tools, "kept", list)
    runner, rsync, wheels = pipeline_tools.examine_tools()
    assert (runner.status, rsync.status) == ("ok", status)
    assert (wheels.status, "lab pipeline wheels" in wheels.seen) == ("note", True)
    monkeypatch.setattr(pipeline_tools, "kept", lambda: ["boto3.whl"])
    [*_, wheels] = pipeline_tools.examine_tools()
    assert (wheels.status, wheels.seen) == ("ok", "1 packages that jobs install are kept")


def test_a_port_in_use_names_who_has_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        symptom = network.examine_port(port, "the AWS APIs")
        assert symptom.status == "note"
        assert f"process {psutil.Process().pid}" in symptom.seen
        own = network.examine_port(port, "the AWS APIs", psutil.Process().pid)
        assert own.status == "ok"
    assert network.examine_port(port, "the AWS APIs").status == "ok"


def test_a_port_of_a_program_that_the_system_hides_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_kind: str) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr("lab_utils.doctor.network.psutil.net_connections", refuse)
    with socket.create_server(("127.0.0.1", 0)) as server:
        symptom = network.examine_port(server.getsockname()[1], "MQTT")
    assert "does not show itself" in symptom.seen


def test_a_port_for_administrators_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_address: object) -> None:
        raise PermissionError

    monkeypatch.setattr("lab_utils.doctor.network.socket.create_server", refuse)
    symptom = network.examine_port(443, "MQTT")
    assert (symptom.status, symptom.fix) == ("note", "")


def test_a_proxy_is_noted_by_its_name_and_not_its_value() -> None:
    symptom = network.examine_proxies({"https_proxy": "http://me:secret@proxy"})
    assert symptom.status == "note"
    assert "HTTPS_PROXY" in symptom.seen
    assert "secret" not in symptom.line()
    assert network.examine_proxies({}).status == "ok"


def test_a_lab_variable_that_nobody_reads_is_noted() -> None:
    symptom = workspace.examine_variables({"LAB_WORKSPCE": "/x", "LAB_SPEED": "60"})
    assert symptom.status == "note"
    assert "LAB_WORKSPCE" in symptom.seen
    assert workspace.examine_variables({"LAB_SPEED": "60"}).seen == "LAB_SPEED=60"
    assert workspace.examine_variables({"HOME": "/x"}).status == "ok"


@pytest.mark.parametrize(
    ("session", "remarks", "status"),
    [
        (None, ["", ""], "ok"),
        (None, ["process 7 is gone; its session file was removed", ""], "note"),
        (None, ["process 7 runs but does not answer"] * 2, "missing"),
        (SimpleNamespace(pid=7), ["the state is not being saved", ""], "note"),
        (SimpleNamespace(pid=7), ["", ""], "ok"),
    ],
)
def test_a_session_that_does_not_answer_is_missing(
    session: object, remarks: list[str], status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = iter(remarks)
    control = SimpleNamespace(
        inspect=lambda _settings: SimpleNamespace(session=session, remark=next(left))
    )
    monkeypatch.setattr(workspace, "local_control", lambda: control)
    monkeypatch.setattr(workspace, "running_sentence", lambda _session: "Embedded AWS: here")
    assert workspace.examine_session(read_settings(target="local")).status == status


def test_a_workspace_without_the_given_files_is_noted(tmp_path: Path) -> None:
    settings = read_settings(target="local", workspace=tmp_path)
    assert workspace.examine_given_files(settings).status == "note"
    (tmp_path / "terraform").mkdir()
    assert workspace.examine_given_files(settings).status == "ok"


def test_without_bubblewrap_it_is_told_that_only_grading_needs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse() -> str:
        raise SandboxError("enclose a submission", "bwrap is not on PATH.", "install it")

    monkeypatch.setattr(sandbox, "require_bubblewrap", refuse)
    symptom = sandbox.examine_sandbox()
    assert (symptom.status, symptom.fix) == ("note", "install it")
    assert symptom.seen == "for grading only. bwrap is not on PATH."

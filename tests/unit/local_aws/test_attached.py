"""An embedded AWS that somebody else keeps is used, and nothing more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab_utils.errors import TargetError
from lab_utils.local_aws import control, process
from lab_utils.local_aws.server_settings import ServerSettings, parse_arguments
from lab_utils.local_aws.session_file import (
    Session,
    read_session,
    write_guest_session,
    write_session,
)
from lab_utils.settings import Settings, read_settings
from tests.unit.local_aws.test_process import SESSION

STARTED = "2026-01-02T03:04:05.678900Z"


@pytest.fixture
def session() -> Session:
    # Its process is of another space of processes: nobody here has that number.
    return replace(SESSION, started_at=STARTED, pid=2, trace_token="trace")


@pytest.fixture
def settings(tmp_path: Path, session: Session) -> Settings:
    write_session(tmp_path / "kept.json", session)
    environ = {"LAB_SESSION": str(tmp_path / "kept.json"), "LAB_SPEED": "7"}
    return read_settings(workspace=tmp_path, environ=environ)


def answer(monkeypatch: pytest.MonkeyPatch, told: dict[str, Any] | None) -> None:
    monkeypatch.setattr(process, "health", lambda _session: told)


def test_it_is_known_by_its_answer_and_not_by_its_process(
    settings: Settings, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, {"pid": 2, "started_at": STARTED})
    assert control.start(settings, speed=3) == session
    assert control.find(settings) == session
    assert not (settings.workspace / ".lab").exists()


@pytest.mark.parametrize(
    ("told", "words"),
    [(None, "Nothing answers at"), ({"pid": 2, "started_at": "earlier"}, "another embedded AWS")],
)
def test_one_that_does_not_answer_is_not_replaced(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    told: dict[str, Any] | None,
    words: str,
) -> None:
    answer(monkeypatch, told)
    assert control.find(settings) is None
    with pytest.raises(TargetError, match=words):
        control.start(settings)
    assert settings.session_file is not None
    assert settings.session_file.exists()


@pytest.mark.parametrize("content", [None, "{"])
def test_a_file_that_names_none_says_so(tmp_path: Path, content: str | None) -> None:
    place = tmp_path / "kept.json"
    if content is not None:
        place.write_text(content)
    settings = read_settings(workspace=tmp_path, environ={"LAB_SESSION": str(place)})
    with pytest.raises(TargetError, match=r"kept\.json"):
        control.start(settings)


def test_its_region_and_speed_are_what_they_are(
    settings: Settings, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, {"pid": 2, "started_at": STARTED})
    assert control.start(replace(settings, region="us-east-1"), speed=3) == session


def test_it_is_neither_stopped_nor_reset(settings: Settings) -> None:
    for end in (control.stop, control.reset):
        with pytest.raises(TargetError, match="somebody else keeps it"):
            end(settings)


def test_a_real_account_has_none(tmp_path: Path) -> None:
    environ = {"LAB_TARGET": "aws", "LAB_SESSION": str(tmp_path / "kept.json")}
    assert read_settings(workspace=tmp_path, environ=environ).session_file is None


def test_a_guest_gets_the_files_it_needs_and_not_the_right_to_stop(
    tmp_path: Path, session: Session
) -> None:
    for name in ("root-CA.crt", "terraform.rc"):
        (tmp_path / name).write_text(name)
    files: dict[str, Any] = {
        "ca_file": str(tmp_path / "root-CA.crt"),
        "cli_config_file": str(tmp_path / "terraform.rc"),
    }
    kept = replace(session, **files)
    write_guest_session(tmp_path / "guest", kept)
    given = read_session(tmp_path / "guest" / "session.json")
    assert (given.stop_token, given.trace_token) == ("", "trace")
    for name in files:
        copy = Path(getattr(given, name))
        assert copy.parent == tmp_path / "guest"
        assert copy.read_text() == copy.name
    assert replace(given, stop_token="secret", **files) == kept


def test_the_command_line_gives_back_the_settings(tmp_path: Path) -> None:
    plain = ServerSettings(tmp_path, "eu-west-1", 60)
    prefix = ("bwrap", "--ro-bind", "{folder}", "{folder}", 'a "word"')
    places: dict[str, Any] = {
        "own_lab_dir": tmp_path / "lab",
        "own_terraform_dir": tmp_path / "infra",
    }
    full = replace(plain, **places, function_prefix=prefix, function_patience=7.5)
    for settings in (plain, full):
        assert parse_arguments(settings.arguments()) == settings
    assert plain.lab_dir == tmp_path / ".lab"
    assert full.state_dir == tmp_path / "lab" / "state"
    assert (plain.terraform_dir, full.terraform_dir) == (tmp_path / "terraform", tmp_path / "infra")
    assert plain.hidden_folders == ()
    assert tmp_path / "lab" in full.hidden_folders


@pytest.mark.parametrize("text", ["bwrap --unshare-pid", '"bwrap"', '["bwrap", 1]'])
def test_a_prefix_is_a_list_of_words(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--workspace", str(tmp_path), "--region", "eu-west-1", "--function-prefix", text]
    with pytest.raises(SystemExit):
        parse_arguments(given)
    assert "no JSON list of words" in capsys.readouterr().err

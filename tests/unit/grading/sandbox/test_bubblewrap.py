"""What is said where bubblewrap is missing or does not work."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lab_utils.errors import SandboxError
from lab_utils.grading.sandbox import trial
from lab_utils.grading.sandbox.bubblewrap import find_bubblewrap, way_on


def test_on_another_system_it_says_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(SandboxError, match="a program for Linux") as caught:
        find_bubblewrap()
    assert "--unsafe" in caught.value.next_step


def test_where_it_is_not_installed_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SandboxError, match="not on PATH") as caught:
        find_bubblewrap()
    assert "apt install bubblewrap" in caught.value.next_step


@pytest.mark.parametrize(
    ("words", "way"),
    [
        ("bwrap: setting up uid map: Permission denied", "apparmor_restrict_unprivileged_userns=0"),
        ("bwrap: No permissions to create new namespace", "unprivileged_userns_clone=1"),
        ("bwrap: Creating new namespace failed: Operation not permitted", "seccomp=unconfined"),
        ("bwrap: Can't mount proc on /newroot/proc", "systempaths=unconfined"),
        ("bwrap: Unknown option --disable-userns", "bubblewrap 0.8 or newer"),
        ("bwrap: execvp /x/python: Permission denied", "chmod -R a+rX"),
        ("python: can't open file 'x': [Errno 13] Permission denied", "chmod -R a+rX"),
        ("something else", "mend what it says"),
    ],
)
def test_what_it_says_leads_to_a_way_on(words: str, way: str) -> None:
    assert way in way_on(words)
    assert "--unsafe" in way_on(words)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="bubblewrap is for Linux")
def test_one_that_refuses_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bwrap"
    program.write_text(
        "#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    trial.require_bubblewrap.cache_clear()
    with pytest.raises(SandboxError, match="setting up uid map") as caught:
        trial.require_bubblewrap()
    assert "apparmor" in caught.value.next_step
    trial.require_bubblewrap.cache_clear()

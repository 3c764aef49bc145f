from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from lab_utils.pipeline.bench import STAND_INS
from lab_utils.pipeline.stand_ins import rsync
from lab_utils.pipeline.stand_ins import zip as zip_stand_in

OURS = {name: [sys.executable, "-I", str(STAND_INS / f"{name}.py")] for name in ("rsync", "zip")}


def tree(folder: Path) -> dict[str, str]:
    """Return what is in a folder: kind, mode and content by name."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"link {path.readlink()}"
        elif path.is_dir():
            found[name] = "folder"
        else:
            found[name] = f"{path.stat().st_mode & 0o777:o} {path.read_text()}"
    return found


def write_source(folder: Path) -> None:
    for name in (
        "a.txt",
        "build/x.zip",
        "build/deep/y",
        "skip/z",
        ".git/lfs/o",
        ".git/HEAD",
        "b c",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    (folder / "a.txt").chmod(0o755)
    (folder / "link").symlink_to("a.txt")
    (folder / "empty").mkdir()
    (folder / ".state" / "builds").mkdir(parents=True)
    (folder / "excluded").write_text("/skip/\n/build/deep/\n")
    (folder / "named").write_text("./build/x.zip\n./build/deep\n")


CASES = {
    "a copy that deletes": [
        *("-a", "--delete-excluded", "--delete", "--exclude-from=excluded"),
        *("--exclude", ".git/lfs", "--exclude", ".state/", "./", "../out/"),
    ],
    "a folder's content": ["-a", "build/.", "../out"],
    "named files with their paths": [
        *("--exclude", ".state/**", "-rRa", "--exclude", "*.log", "--files-from=named", "."),
        "../out/.",
    ],
    "sources with their paths": ["-Ra", "./build/x.zip", "link", "../out/."],
    "a file and a folder": ["-a", "a.txt", "build", "../out"],
    "an unanchored pattern": ["-a", "--exclude=y", "--exclude=*.zip", "./", "../out/"],
    "what is not there": ["-a", "missing", "a.txt", "../out"],
}


@pytest.mark.skipif(shutil.which("rsync") is None, reason="needs rsync on PATH")
@pytest.mark.parametrize("arguments", CASES.values(), ids=CASES)
def test_the_stand_in_copies_what_rsync_copies(tmp_path: Path, arguments: list[str]) -> None:
    results = []
    for name, command in (("real", ["rsync"]), ("ours", OURS["rsync"])):
        folder = tmp_path / name / "source"
        write_source(folder)
        target = tmp_path / name / "out"
        target.mkdir()
        (target / "old").write_text("old")
        done = subprocess.run([*command, *arguments], cwd=folder, capture_output=True, check=False)
        results.append((done.returncode, tree(target)))
    assert results[0] == results[1]


@pytest.mark.parametrize("option", ["-z", "--checksum", "-av", "--files-from"])
def test_an_option_that_rsyncs_stand_in_does_not_know_is_refused_by_name(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rsync.main([option]) == rsync.SYNTAX_ERROR
    assert option in capsys.readouterr().err


ZIPS = {
    "a folder above": (["-r", "../out.zip", "."], "src"),
    "what a star gives": (["-q", "-r", "../out.zip", "a.py", "pkg"], "src"),
    "without some": (["-r", "../out.zip", ".", "-x", "*.pyc", "pkg/*"], "src"),
    "only some": (["-r", "../out.zip", ".", "-i", "*.py"], "src"),
    "names alone": (["-j", "out", "src/a.py", "src/pkg/b.py"], "."),
    "no folders": (["-rD", "out.zip", "src"], "."),
    "not below": (["out.zip", "src", "src/a.py"], "."),
}


@pytest.mark.skipif(shutil.which("zip") is None, reason="needs zip on PATH")
@pytest.mark.parametrize(("arguments", "where"), ZIPS.values(), ids=ZIPS)
def test_the_stand_in_packs_what_zip_packs(
    tmp_path: Path, arguments: list[str], where: str
) -> None:
    results = []
    for name, command in (("real", ["zip"]), ("ours", OURS["zip"])):
        folder = tmp_path / name
        for file in ("src/a.py", "src/pkg/b.py", "src/pkg/b.pyc"):
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(file)
        subprocess.run([*command, *arguments], cwd=folder / where, check=True, capture_output=True)
        with zipfile.ZipFile(folder / "out.zip") as made:
            results.append({one: made.read(one) for one in made.namelist()})
    assert results[0] == results[1]


def test_an_archive_is_updated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        Path(name).write_text(name)
        assert zip_stand_in.main(["-q", "out.zip", name]) == 0
    Path("a").write_text("changed")
    assert zip_stand_in.main(["-q", "out.zip", "a"]) == 0
    with zipfile.ZipFile("out.zip") as made:
        assert {one: made.read(one) for one in made.namelist()} == {"a": b"changed", "b": b"b"}


def test_zips_own_status_tells_that_there_is_nothing_to_pack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert zip_stand_in.main(["out.zip", "missing"]) == zip_stand_in.NOTHING_TO_DO
    assert "name not matched: missing" in capsys.readouterr().err
    assert zip_stand_in.main(["-e", "out.zip", "a"]) == zip_stand_in.SYNTAX_ERROR
    assert "-e" in capsys.readouterr().err

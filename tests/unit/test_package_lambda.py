"""The packages of Lambda functions: the same bytes from the same sources, and nothing too much."""

from __future__ import annotations

import base64
import hashlib
import os
import runpy
import shutil
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from lab_utils.settings import CHECKOUT

SCRIPT = CHECKOUT / "ci" / "package_lambda.py"
HANDLER = "def lambda_handler(event, context):\n    return event\n"
GOLDEN = "3e4faa0189eff9c5"
"""The SHA-256 of `function`'s package begins so, on every machine."""


@pytest.fixture
def function(tmp_path: Path) -> Path:
    """A function whose path has a blank."""
    folder = tmp_path / "my functions" / "cooler"
    (folder / "src" / "rooms").mkdir(parents=True)
    (folder / "src" / "cooler.py").write_text(HANDLER, encoding="utf-8")
    (folder / "src" / "rooms" / "salle_à_manger.py").write_text("C = 20.5\n", encoding="utf-8")
    (folder / "src" / "rooms.json").write_text('{"kitchen": 1}\n', encoding="utf-8")
    return folder


def pack(
    *arguments: object,
    python: str = sys.executable,
    cwd: Path | None = None,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, str(SCRIPT), *map(str, arguments)],
        env={**os.environ, **environment},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


def packed(folder: Path) -> Path:
    target = folder.parent / "out" / "it.zip"
    done = pack(folder, "--to", target)
    assert done.returncode == 0, done.stderr
    return target


def names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def test_the_package_has_the_same_bytes_on_every_machine(function: Path) -> None:
    digest = hashlib.sha256(packed(function).read_bytes()).hexdigest()
    assert digest.startswith(GOLDEN)


def test_times_modes_line_ends_and_caches_make_no_difference(function: Path) -> None:
    before = packed(function).read_bytes()
    sources = function / "src"
    for path in sources.rglob("*.*"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
        path.chmod(0o600)
        os.utime(path, (1_700_000_000, 1_700_000_000))
    for name in ("__pycache__/cooler.cpython-311.pyc", "cooler.pyc", ".env", ".idea/it.xml"):
        (sources / name).parent.mkdir(exist_ok=True)
        (sources / name).write_text("not for Lambda", encoding="utf-8")
    for name in ("tests/test_it.py", "test_it.py", "conftest.py", "rooms/tests/data.json"):
        (sources / name).parent.mkdir(exist_ok=True)
        (sources / name).write_text("not for Lambda", encoding="utf-8")
    assert packed(function).read_bytes() == before


@pytest.mark.skipif(shutil.which("python3", path="/usr/bin") is None, reason="no other Python")
def test_another_python_makes_the_same_bytes(function: Path) -> None:
    target = function.parent / "other.zip"
    done = pack(function, "--to", target, python="/usr/bin/python3")
    assert done.returncode == 0, done.stderr
    assert target.read_bytes() == packed(function).read_bytes()


def test_a_machine_that_knows_no_accents_makes_the_same_bytes(function: Path) -> None:
    target = function.parent / "plain.zip"
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = pack(function, "--to", target, environment=plain)
    assert done.returncode == 0, done.stderr
    assert target.read_bytes() == packed(function).read_bytes()


def test_a_mac_hands_out_names_in_another_form_of_unicode(function: Path) -> None:
    (function / "src" / unicodedata.normalize("NFD", "größe.py")).write_text("")
    assert unicodedata.normalize("NFC", "größe.py") in names(packed(function))


def test_line_ends_of_what_is_no_text_stay(function: Path) -> None:
    contents = {"page.html": b"<p>\r\n", "it.bin": b"\0\r\n", "old.txt": b"caf\xe9\r\n"}
    for name, content in contents.items():
        (function / "src" / name).write_bytes(content)
    with zipfile.ZipFile(packed(function)) as archive:
        found = {name: archive.read(name) for name in contents}
    assert found == {**contents, "page.html": b"<p>\n"}


def test_everyone_may_read_the_files_and_they_lie_uncompressed_and_sorted(function: Path) -> None:
    (function / "src" / "run.sh").write_text("#!/bin/sh\n", encoding="utf-8")
    with zipfile.ZipFile(packed(function)) as archive:
        entries = archive.infolist()
    modes = {entry.filename: oct(entry.external_attr >> 16) for entry in entries}
    assert modes == {
        "cooler.py": "0o100644",
        "rooms.json": "0o100644",
        "rooms/salle_à_manger.py": "0o100644",
        "run.sh": "0o100755",
    }
    assert list(modes) == sorted(modes)
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}
    assert {(entry.date_time, entry.create_system) for entry in entries} == {
        ((1980, 1, 1, 0, 0, 0), 3)
    }


def test_size_and_hash_are_told_as_lambda_tells_them(function: Path) -> None:
    target = function.parent / "it.zip"
    done = pack(function, "--to", target)
    content = target.read_bytes()
    sha256 = base64.b64encode(hashlib.sha256(content).digest()).decode()
    assert done.stdout == f"{target}: 3 files, {len(content)} bytes, CodeSha256 {sha256}\n"
    here = pack(function, "--to", target, cwd=function.parent)
    assert here.stdout.startswith("it.zip: ")


@pytest.mark.parametrize("layout", ["src", "flat", "sources"])
def test_the_folder_may_be_the_functions_or_that_of_its_sources(
    function: Path, layout: str
) -> None:
    expected, chosen = names(packed(function)), function / "src"
    if layout == "flat":
        chosen = function.parent / "flat"
        shutil.copytree(function / "src", chosen)
        (chosen / "requirements.txt").write_text("boto3\n", encoding="utf-8")
        (chosen / "tests").mkdir()
        (chosen / "tests" / "test_it.py").touch()
    elif layout == "sources":
        chosen = chosen.rename(function / "code")
    assert names(packed(chosen)) == expected


def test_the_zip_is_named_like_the_function_beside_the_scripts_folder(
    function: Path, tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    shutil.copy(SCRIPT, tmp_path / "bin")
    shutil.copytree(function, tmp_path / "ac_control_lambda")
    script = tmp_path / "bin" / "package_lambda.py"
    for arguments in ([], ["ac_control_lambda"], ["ac_control_lambda/src"]):
        shutil.rmtree(tmp_path / "build", ignore_errors=True)
        subprocess.run([sys.executable, script, *arguments], cwd=tmp_path, check=True)
        assert (tmp_path / "build" / "ac_control_lambda.zip").is_file()


def wheel(folder: Path, name: str, requires: str = "", **files: str) -> None:
    """Write a wheel of a package with one module, and what else is given."""
    info = f"{name}-1.0.dist-info"
    needs = f"Requires-Dist: {requires}\n" if requires else ""
    scripts = "[console_scripts]\nit = it:main\n"
    contents = {
        f"{name}.py": "def main(): ...\n",
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{needs}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": scripts,
    }
    record = "".join(f"{path},,\n" for path in contents) + f"{info}/RECORD,,\n"
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as archive:
        for path, text in {**contents, f"{info}/RECORD": record}.items():
            archive.writestr(path, text)


def test_what_the_runtime_lacks_is_installed_and_what_it_has_is_left_out(
    function: Path, tmp_path: Path
) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    wheel(wheels, "sensors", requires="urllib3")
    wheel(wheels, "urllib3")
    (function / "limits.txt").write_text("sensors<2\n", encoding="utf-8")
    text = "Boto3>=1.30  # the runtime's own\n\n# nothing\n-c limits.txt\nsensors==1.0\n"
    (function / "requirements.txt").write_text(text, encoding="utf-8")
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PIP_CONFIG_FILE": os.devnull}
    target = function.parent / "it.zip"
    done = pack(function, "--to", target, environment=offline)
    assert done.returncode == 0, done.stderr
    assert "left out, because Lambda's runtime has it: Boto3>=1.30" in done.stdout
    assert "left out, because Lambda's runtime has it: urllib3" in done.stdout
    assert names(target) == [
        "cooler.py",
        "rooms.json",
        "rooms/salle_à_manger.py",
        "sensors-1.0.dist-info/METADATA",
        "sensors-1.0.dist-info/WHEEL",
        "sensors-1.0.dist-info/entry_points.txt",
        "sensors.py",
    ]
    without = {**offline, "PIP_FIND_LINKS": os.devnull}
    missing = pack(function, "--to", target, environment=without)
    assert missing.returncode == 1
    assert "sensors==1.0 for Python 3.13" in missing.stderr
    assert sorted(path.name for path in function.glob("*.txt")) == [
        "limits.txt",
        "requirements.txt",
    ]
    assert not list(function.glob(".requirements*"))


def test_without_pip_and_network_a_function_that_needs_nothing_is_packed(function: Path) -> None:
    requirements = "# nothing\nboto3\nbotocore==1.35.0\n"
    (function / "requirements.txt").write_text(requirements, encoding="utf-8")
    target = function.parent / "it.zip"
    # -I -S: not even this environment's packages are there.
    command = [sys.executable, "-I", "-S", str(SCRIPT), str(function), "--to", str(target)]
    subprocess.run(command, check=True)
    assert len(names(target)) == 3


@pytest.mark.parametrize(
    ("arrange", "words"),
    [
        (lambda src: shutil.rmtree(src.parent), "there is no folder"),
        (lambda src: [path.unlink() for path in src.rglob("*.py")], "there is no Python file"),
        (lambda src: (src / "linked").symlink_to(src.parent.parent), "is a link to a folder"),
        (lambda src: os.mkfifo(src / "pipe"), "is neither a file nor a folder"),
        (lambda src: (src / os.fsdecode(b"\xe9.py")).touch(), "is no UTF-8"),
    ],
)
def test_what_cannot_be_packed_is_said(function: Path, arrange: object, words: str) -> None:
    assert callable(arrange)
    arrange(function / "src")
    done = pack(function, "--to", function.parent / "it.zip")
    assert done.returncode == 1
    assert words in done.stderr
    assert not (function.parent / "it.zip").exists()


def test_a_package_is_compressed_only_if_lambda_would_not_take_it_otherwise(
    function: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script = runpy.run_path(str(SCRIPT))
    target = function.parent / "it.zip"
    (function / "src" / "much.txt").write_text("much " * 1000, encoding="utf-8")
    monkeypatch.setitem(script["pack"].__globals__, "MOST_PACKED", 2000)
    script["pack"](function, function, target, "3.13")
    assert target.stat().st_size < 2000
    assert "depend on this zlib" in capsys.readouterr().out
    for limit, which in (("MOST_PACKED", "packed"), ("MOST_UNPACKED", "unpacked")):
        monkeypatch.setitem(script["pack"].__globals__, limit, 10)
        with pytest.raises(script["PackagingError"], match=f"MB {which}, and Lambda takes 0 MB"):
            script["pack"](function, function, target, "3.13")


def test_the_placeholder_is_a_package_without_the_function() -> None:
    script = runpy.run_path(str(SCRIPT))
    path = CHECKOUT / "terraform" / "files" / "empty_package.zip"
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert list(files) == ["placeholder.txt"]
    assert script["zipped"](files, zipfile.ZIP_STORED) == path.read_bytes()

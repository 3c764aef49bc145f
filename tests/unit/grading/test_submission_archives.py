"""Archives and folders of any kind are read, and what is not taken is said."""

from __future__ import annotations

import gzip
import io
import os
import socket
import stat
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lab_utils.grading.submissions import Submission, SubmissionError, read_submission
from lab_utils.grading.submissions.limits import LIMITS, ReadingLimits
from tests.grading_submissions import write_zip

IOT = 'resource "aws_iot_thing" "house" {\n  name = "house"\n}\n'
RIGHT = {"terraform/iot.tf": IOT}
SMALL = ReadingLimits(
    archive_bytes=50_000, files=5, total_bytes=20_000, file_bytes=10_000, ratio_from_bytes=1000
)


def said(submission: Submission) -> str:
    return "\n".join(submission.remarks)


def tar(path: Path, *entries: tarfile.TarInfo, content: bytes = b"", mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for entry in (tar_entry("terraform/iot.tf", len(IOT)), *entries):
            data = IOT.encode() if entry.name == "terraform/iot.tf" else content
            archive.addfile(entry, io.BytesIO(data))
    return path


def tar_entry(name: str, size: int = 0, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.type = size, kind
    return entry


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../outside.tf", "leads out"),
        ("terraform/../../outside.tf", "leads out"),
        ("..\\..\\outside.tf", "leads out"),
        ("/etc/cron.d/outside", "absolute"),
        ("C:\\Windows\\outside.tf", "absolute"),
        ("c:outside.tf", "absolute"),
        ("\\\\server\\share\\outside.tf", "absolute"),
        ("terraform/\x1b[2Joutside.tf", "control characters"),
        ("terraform/a\nb.tf", "control characters"),
        (f"terraform/{'x' * 300}.tf", "too long"),
        (f"{'y' * 90}/" * 12 + "deep.tf", "too long"),
        ("d/" * 40 + "deep.tf", "folders deep"),
        ("./", "no name"),
    ],
)
def test_a_name_that_cannot_be_written_safely_is_left_out_with_its_reason(
    tmp_path: Path, name: str, why: str
) -> None:
    submission = read_submission(write_zip(tmp_path / "ada.zip", {**RIGHT, name: b"x"}))
    if name != "./":  # a folder's entry is no file
        assert why in said(submission)
    assert set(submission.files) == {"terraform/iot.tf"}
    assert "\x1b" not in said(submission)


def test_a_name_with_nul_is_left_out(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "ada.zip", {**RIGHT, "terraform/iamXY.tf": b"x"})
    path.write_bytes(path.read_bytes().replace(b"iamXY.tf", b"iam.tf\0Z"))
    submission = read_submission(path)
    assert set(submission.files) == {"terraform/iot.tf"}
    assert "control characters" in said(submission)


def test_back_slashes_are_slashes(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "ada.zip", {"work\\terraform\\iot.tf": IOT, "work\\bin\\a.sh": "x"})
    assert set(read_submission(path).files) == {"terraform/iot.tf", "bin/a.sh"}


def test_ten_thousand_bad_names_are_one_sentence(tmp_path: Path) -> None:
    bad = {f"../{number}": b"" for number in range(10_000)}
    submission = read_submission(write_zip(tmp_path / "ada.zip", {**RIGHT, **bad}))
    assert len(submission.remarks) == 1
    assert "9996 more" in said(submission)
    assert len(said(submission)) < 400


def test_of_two_entries_with_one_name_the_last_counts(tmp_path: Path) -> None:
    path = tmp_path / "ada.zip"
    write_zip(path, {"terraform/iot.t1": "# first", "terraform/iot.t2": IOT})
    path.write_bytes(path.read_bytes().replace(b"iot.t1", b"iot.tf").replace(b"iot.t2", b"iot.tf"))
    submission = read_submission(path)
    assert submission.files["terraform/iot.tf"] == IOT.encode()
    assert "more than once" in said(submission)


def test_names_that_differ_in_case_are_two_files_and_said(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "ada.zip", {**RIGHT, "terraform/IOT.tf": "# other"})
    submission = read_submission(path)
    assert set(submission.files) == {"terraform/iot.tf", "terraform/IOT.tf"}
    assert "upper and lower case" in said(submission)


def test_a_file_where_a_folder_is_is_left_out(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "ada.zip", {**RIGHT, "terraform": b"x", "terraform/iot.tf/x": b""})
    submission = read_submission(path)
    assert set(submission.files) == {"terraform/iot.tf"}
    assert "a file and a folder" in said(submission)


def test_links_and_devices_in_a_zip_are_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "ada.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("terraform/iot.tf", IOT)
        for name, kind in (("link", stat.S_IFLNK), ("pipe", stat.S_IFIFO)):
            entry = zipfile.ZipInfo(f"terraform/{name}.tf")
            entry.create_system, entry.external_attr = 3, (kind | 0o777) << 16
            archive.writestr(entry, "/etc/passwd")
    submission = read_submission(path)
    assert set(submission.files) == {"terraform/iot.tf"}
    assert "links are not followed" in said(submission)
    assert "no ordinary file" in said(submission)


def test_an_encrypted_file_is_left_out(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "ada.zip", {**RIGHT, "terraform/iam.tf": "# secret"})
    content = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.rindex(mark) + flags] |= 1
    path.write_bytes(content)
    submission = read_submission(path)
    assert set(submission.files) == {"terraform/iot.tf"}
    assert "password" in said(submission)


def test_a_damaged_file_is_left_out_and_the_others_stay(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "ada.zip", {**RIGHT, "terraform/iam.tf": os.urandom(500)})
    content = bytearray(path.read_bytes())
    content[content.index(b"iam.tf") + 100] ^= 0xFF
    path.write_bytes(content)
    submission = read_submission(path)
    assert set(submission.files) == {"terraform/iot.tf"}
    assert "damaged" in said(submission)


def test_a_zip_in_a_zip_stays_a_file(tmp_path: Path) -> None:
    inner = write_zip(tmp_path / "inner.zip", {"terraform/iam.tf": "# hidden"}).read_bytes()
    path = write_zip(tmp_path / "ada.zip", {**RIGHT, "work.zip": inner, "bin/x.sh": "x"})
    submission = read_submission(path)
    assert submission.files["work.zip"] == inner
    assert "not opened: work.zip" in said(submission)
    assert "terraform/iam.tf" not in submission.files


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "ada.zip", {**RIGHT, "terraform/zeros.tf": bytes(9000)})
    with zipfile.ZipFile(path) as archive:
        packed = archive.getinfo("terraform/zeros.tf").compress_size
    assert packed * 200 < 9000
    submission = read_submission(path, limits=SMALL)
    assert set(submission.files) == {"terraform/iot.tf"}
    assert "200 times" in said(submission)


def test_a_file_that_lies_about_its_size_is_counted_as_it_is_read(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "ada.zip", {**RIGHT, "terraform/zeros.tf": os.urandom(15_000)})
    content = path.read_bytes().replace((15_000).to_bytes(4, "little"), (9).to_bytes(4, "little"))
    path.write_bytes(content)
    submission = read_submission(path, limits=SMALL)
    assert set(submission.files) == {"terraform/iot.tf"}
    assert submission.remarks


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({f"terraform/{number}.tf": b"" for number in range(9)}, "more than 5 files"),
        ({"terraform/big.tf": os.urandom(11_000)}, "larger than"),
        ({f"terraform/{n}.tf": os.urandom(9000) for n in range(3)}, "all files together"),
        ({f"lab_utils/{n}.py": os.urandom(9000) for n in range(3)}, "all files together"),
    ],
)
def test_what_goes_over_a_limit_is_left_out(
    tmp_path: Path, files: dict[str, bytes], why: str
) -> None:
    submission = read_submission(write_zip(tmp_path / "a.zip", {**RIGHT, **files}), limits=SMALL)
    assert "terraform/iot.tf" in submission.files
    assert why in said(submission)
    assert sum(map(len, submission.files.values())) <= SMALL.total_bytes


def test_files_that_replace_each_other_without_end_are_not_all_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "ada.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("terraform/iot.tf", RIGHT["terraform/iot.tf"])
        for number in range(30):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # of a name that is there already
                archive.writestr("terraform/twice.tf", bytes([number]) * 8900 + os.urandom(100))
    submission = read_submission(path, limits=SMALL)
    assert "all files together" in said(submission)
    assert submission.files["terraform/twice.tf"][0] < 29


def test_names_without_the_mark_of_utf8_are_read_all_the_same(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "ada.zip", {**RIGHT, "terraform/zuzuuX.tf": "# x"})
    path.write_bytes(path.read_bytes().replace(b"zuzuuX.tf", "züber.tf".encode()))
    assert "terraform/züber.tf" in read_submission(path).files


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 and no more",
        b"\x1f\x8bdamaged",
        b"Rar!\x1a\x07\x00",
        b"7z\xbc\xaf\x27\x1c",
    ],
)
def test_an_archive_that_cannot_be_read_has_a_reason(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ada.zip"
    path.write_bytes(content)
    with pytest.raises(SubmissionError) as caught:
        read_submission(path)
    assert caught.value.happened
    assert caught.value.next_step


def test_what_is_not_there_has_a_reason(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match="No such file"):
        read_submission(tmp_path / "nobody.zip")


def test_an_empty_folder_has_a_reason(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match="no file"):
        read_submission(tmp_path)


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tars_are_read_whatever_packs_them(tmp_path: Path, mode: str) -> None:
    submission = read_submission(tar(tmp_path / "ada.tar.gz", mode=mode))
    assert (submission.student, set(submission.files)) == ("ada", {"terraform/iot.tf"})


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (tar_entry("../outside.tf"), "leads out"),
        (tar_entry("/etc/outside"), "absolute"),
        (tar_entry("terraform/link.tf", kind=tarfile.SYMTYPE), "links"),
        (tar_entry("terraform/hard.tf", kind=tarfile.LNKTYPE), "links"),
        (tar_entry("terraform/pipe.tf", kind=tarfile.FIFOTYPE), "no ordinary file"),
        (tar_entry("terraform/device.tf", kind=tarfile.BLKTYPE), "no ordinary file"),
    ],
)
def test_nothing_of_a_tar_leads_elsewhere(tmp_path: Path, entry: tarfile.TarInfo, why: str) -> None:
    if entry.type in {tarfile.SYMTYPE, tarfile.LNKTYPE}:
        entry.linkname = "/etc/passwd"
    submission = read_submission(tar(tmp_path / "ada.tar.gz", entry))
    assert set(submission.files) == {"terraform/iot.tf"}
    assert why in said(submission)


def test_a_packed_tar_that_unpacks_without_end_is_left(tmp_path: Path) -> None:
    path = tar(tmp_path / "ada.tar", mode="w")
    first = path.read_bytes()[:1024]
    huge = tar_entry("terraform/zeros.tf", 10**12).tobuf()
    bomb = tmp_path / "bomb.tar.gz"
    bomb.write_bytes(gzip.compress(first + huge + bytes(200_000)))
    submission = read_submission(bomb, limits=SMALL)
    assert set(submission.files) == {"terraform/iot.tf"}
    assert submission.remarks


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "ada" / "terraform"
    place.mkdir(parents=True)
    (place / "iot.tf").write_text(IOT)
    return place


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: path.symlink_to("/etc/passwd"), "links"),
        (lambda path: path.symlink_to(path.parent), "links"),
        (os.mkfifo, "pipe"),
        (make_socket, "socket"),
    ],
    ids=["link", "link to a folder", "pipe", "socket"],
)
def test_only_ordinary_files_of_a_folder_are_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], object], why: str
) -> None:
    monkeypatch.chdir(folder)
    make(Path("x.tf"))
    submission = read_submission(folder.parent)
    assert set(submission.files) == {"terraform/iot.tf"}
    assert why in said(submission)


def test_a_folder_that_may_not_be_read_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Root may read everything: the refusal is the system's, told by its own error.
    (folder / "secret.tf").write_text("# secret")
    real = os.open

    def refusing(path: str | Path, *more: int, **others: int) -> int:
        if str(path).endswith("secret.tf"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *more, **others)

    monkeypatch.setattr(os, "open", refusing)
    submission = read_submission(folder.parent)
    assert set(submission.files) == {"terraform/iot.tf"}
    assert "Permission denied" in said(submission)


def test_names_that_are_no_utf8_are_read(folder: Path) -> None:
    with open(os.fsencode(folder) + b"/caf\xe9.tf", "wb") as stream:  # noqa: PTH123
        stream.write(b"# x")
    assert "terraform/café.tf" in read_submission(folder.parent).files


def test_state_caches_and_secrets_are_left_out_and_said(folder: Path) -> None:
    root = folder.parent
    for name in (
        ".git/config",
        "terraform/.terraform/providers/x",
        "terraform/terraform.tfstate",
        "terraform/terraform.tfstate.backup",
        "terraform/files/test.private.key",
        "terraform/files/test.cert.pem",
        ".lab/session.json",
        "__MACOSX/._iot.tf",
        "notebooks/.ipynb_checkpoints/x.ipynb",
        "ac_control_lambda/src/__pycache__/x.pyc",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x")
    submission = read_submission(root)
    assert set(submission.files) == {"terraform/iot.tf"}
    for word in (".git", ".terraform", "tfstate", "private.key", ".lab", "__MACOSX", "checkpoints"):
        assert word in said(submission)


def test_a_bundle_of_authorities_in_a_package_stays(folder: Path) -> None:
    bundle = folder.parent / "ac_control_lambda" / "src" / "certifi" / "cacert.pem"
    bundle.parent.mkdir(parents=True)
    bundle.write_text("-----BEGIN CERTIFICATE-----\n" * 9)
    assert "ac_control_lambda/src/certifi/cacert.pem" in read_submission(folder.parent).files


def test_a_packed_submission_is_the_same_bytes_and_comes_back(tmp_path: Path) -> None:
    one = write_zip(tmp_path / "ada.zip", {**RIGHT, "bin/x.sh": "x\r\n"})
    other = write_zip(tmp_path / "other.zip", {"bin/x.sh": "x\r\n", **RIGHT})
    first, second = read_submission(one), read_submission(other, "ada")
    assert Submission.unpack(first.pack()) == first
    assert first.files == second.files
    assert first.pack() == read_submission(one).pack()


@pytest.mark.parametrize("packed", [b"", b"nothing", b"PK\x05\x06" + bytes(18)])
def test_bytes_that_are_no_packed_submission_are_refused(packed: bytes) -> None:
    with pytest.raises(SubmissionError):
        Submission.unpack(packed)


def test_written_files_are_ordinary_and_scripts_executable(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "ada.zip", {**RIGHT, "bin/package.sh": "#!/bin/sh\r\ntrue\r\n"})
    submission = read_submission(path)
    submission.write_to(tmp_path / "out")
    script = tmp_path / "out" / "bin" / "package.sh"
    assert submission.files["bin/package.sh"].count(b"\r\n") == 2
    assert script.read_bytes() == b"#!/bin/sh\ntrue\n"
    assert script.stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "out" / "terraform" / "iot.tf").stat().st_mode & 0o777 == 0o644
    assert "Windows line ends" in said(submission)


def test_terraform_in_utf16_becomes_utf8(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "ada.zip", {"terraform/iot.tf": IOT.encode("utf-16")})
    submission = read_submission(path)
    submission.write_to(tmp_path / "out")
    assert (tmp_path / "out" / "terraform" / "iot.tf").read_text() == IOT
    assert "UTF-16" in said(submission)


def test_what_is_no_text_keeps_its_bytes(tmp_path: Path) -> None:
    data = b"\x7fELF\0\r\n" * 9
    path = write_zip(tmp_path / "ada.zip", {**RIGHT, "bin/tool": data, "doc/a.png": b"\r\n"})
    read_submission(path).write_to(tmp_path / "out")
    assert (tmp_path / "out" / "bin" / "tool").read_bytes() == data
    assert (tmp_path / "out" / "doc" / "a.png").read_bytes() == b"\r\n"


def test_the_limits_leave_room_for_a_package_with_boto3() -> None:
    assert LIMITS.files > 5000
    assert LIMITS.total_bytes > 150 * 1024 * 1024

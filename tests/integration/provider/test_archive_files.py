"""hashicorp/archive, led by real Terraform."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import tarfile
import zipfile
from collections.abc import Callable

import pytest

from tests.integration.provider.workspace import TerraformFailedError, TerraformWorkspace

MakeWorkspace = Callable[..., TerraformWorkspace]
FOLDER = """
    data "archive_file" "it" {
      type        = "zip"
      output_path = "out/it.zip"
      source_dir  = "code"
      %s
    }
"""


def fill(work: TerraformWorkspace, *names: str) -> None:
    for name in names:
        path = work.folder / "code" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"this is {name}")


def names_in(work: TerraformWorkspace, path: str = "out/it.zip") -> list[str]:
    with zipfile.ZipFile(work.folder / path) as archive:
        return archive.namelist()


def test_a_folder_is_packed_and_every_digest_told(terraform_workspace: MakeWorkspace) -> None:
    work = terraform_workspace(FOLDER % "")
    fill(work, "b.py", "a.py", "deep/er/grüezi.txt")
    work.apply()
    packed = (work.folder / "out" / "it.zip").read_bytes()
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.namelist() == ["a.py", "b.py", "deep/er/grüezi.txt"]
        assert archive.read("deep/er/grüezi.txt").decode() == "this is deep/er/grüezi.txt"
    wanted = {
        "id": hashlib.sha1(packed).hexdigest(),
        "output_md5": hashlib.md5(packed).hexdigest(),
        "output_sha": hashlib.sha1(packed).hexdigest(),
        "output_sha256": hashlib.sha256(packed).hexdigest(),
        "output_sha512": hashlib.sha512(packed).hexdigest(),
        "output_base64sha256": base64.b64encode(hashlib.sha256(packed).digest()).decode(),
        "output_base64sha512": base64.b64encode(hashlib.sha512(packed).digest()).decode(),
        "output_size": len(packed),
    }
    state = work.state("data.archive_file.it")
    assert {name: state[name] for name in wanted} == wanted


def test_the_same_content_makes_the_same_bytes(terraform_workspace: MakeWorkspace) -> None:
    work = terraform_workspace(FOLDER % "")
    fill(work, "a.py", "b.py")
    work.apply()
    first = (work.folder / "out" / "it.zip").read_bytes()
    os.utime(work.folder / "code" / "a.py", (1, 1))
    work.apply()
    assert (work.folder / "out" / "it.zip").read_bytes() == first
    (work.folder / "code" / "a.py").write_text("changed")
    work.apply()
    assert (work.folder / "out" / "it.zip").read_bytes() != first


@pytest.mark.parametrize(
    ("excludes", "left"),
    [
        ('["a.py"]', ["b.txt", "tests/one.py", "tests/sub/two.py"]),
        ('["tests"]', ["a.py", "b.txt"]),
        ('["*.py"]', ["b.txt", "tests/one.py", "tests/sub/two.py"]),
        ('["**/*.py"]', ["b.txt"]),
        ('["tests/**"]', ["a.py", "b.txt"]),
        ('["{a,c}.py", "tests/?ne.py"]', ["b.txt", "tests/sub/two.py"]),
        ('["[!a].txt", "nowhere"]', ["a.py", "tests/one.py", "tests/sub/two.py"]),
    ],
)
def test_excludes_leave_out_what_they_match(
    excludes: str, left: list[str], terraform_workspace: MakeWorkspace
) -> None:
    work = terraform_workspace(FOLDER % f"excludes = {excludes}")
    fill(work, "a.py", "b.txt", "tests/one.py", "tests/sub/two.py")
    work.apply()
    assert names_in(work) == left


def test_the_archive_does_not_hold_itself(terraform_workspace: MakeWorkspace) -> None:
    work = terraform_workspace((FOLDER % "").replace("out/it.zip", "code/it.zip"))
    fill(work, "a.py")
    work.apply()
    work.apply()
    assert names_in(work, "code/it.zip") == ["a.py"]


@pytest.mark.skipif(os.name != "posix", reason="symbolic links and modes are POSIX")
def test_links_to_folders_are_followed_unless_excluded(terraform_workspace: MakeWorkspace) -> None:
    work = terraform_workspace(FOLDER % "")
    fill(work, "a.py")
    (work.folder / "lib").mkdir()
    (work.folder / "lib" / "x.py").write_text("x")
    (work.folder / "code" / "linked").symlink_to("../lib")
    (work.folder / "code" / "endless").symlink_to(".")
    work.apply()
    assert names_in(work) == ["a.py", "linked/x.py"]
    work.write(FOLDER % "exclude_symlink_directories = true")
    work.apply()
    assert names_in(work) == ["a.py"]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_modes_are_the_files_own_or_the_one_asked_for(terraform_workspace: MakeWorkspace) -> None:
    work = terraform_workspace(FOLDER % "")
    fill(work, "a.sh")
    (work.folder / "code" / "a.sh").chmod(0o750)

    def mode() -> int:
        with zipfile.ZipFile(work.folder / "out" / "it.zip") as archive:
            return archive.getinfo("a.sh").external_attr >> 16 & 0o7777

    work.apply()
    assert mode() == 0o750
    work.write(FOLDER % 'output_file_mode = "0666"')
    work.apply()
    assert mode() == 0o666
    work.write(FOLDER % 'output_file_mode = "rw"')
    with pytest.raises(TerraformFailedError, match="error parsing output_file_mode value: rw"):
        work.apply()


def test_one_file_texts_and_source_blocks_are_packed(terraform_workspace: MakeWorkspace) -> None:
    work = terraform_workspace("""
        data "archive_file" "file" {
          type        = "zip"
          output_path = "file.zip"
          source_file = "code/a.py"
        }
        data "archive_file" "text" {
          type                    = "zip"
          output_path             = "text.zip"
          source_content          = "hello"
          source_content_filename = "inside/hello.txt"
        }
        data "archive_file" "blocks" {
          type        = "tar.gz"
          output_path = "blocks.tar.gz"
          source {
            filename = "z.txt"
            content  = "last"
          }
          source {
            filename = "a.txt"
            content  = "first"
          }
        }
    """)
    fill(work, "a.py")
    work.apply()
    assert names_in(work, "file.zip") == ["a.py"]
    assert names_in(work, "text.zip") == ["inside/hello.txt"]
    with tarfile.open(work.folder / "blocks.tar.gz") as archive:
        assert archive.getnames() == ["a.txt", "z.txt"]
        member = archive.extractfile("a.txt")
        assert member is not None
        assert member.read() == b"first"


def test_the_resource_is_deprecated_and_still_works(terraform_workspace: MakeWorkspace) -> None:
    hcl = """
        resource "archive_file" "it" {
          type                    = "zip"
          output_path             = "%s.zip"
          source_content          = "x"
          source_content_filename = "x"
        }
    """
    work = terraform_workspace(hcl % "one")
    assert "Deprecated Resource" in work.run("validate", "-json")
    work.apply()
    assert names_in(work, "one.zip") == ["x"]
    assert work.plan() == {}
    work.write(hcl % "two")
    assert work.plan()["archive_file.it"].actions == ["delete", "create"]
    work.apply()
    work.destroy()
    assert (work.folder / "two.zip").is_file(), "as with the real provider, the file stays"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("", "must be specified"),
        ('source_dir = "code"\nsource_file = "a"', "conflicts with source_dir"),
        ('source_dir = "nowhere"', "could not archive missing directory: nowhere"),
        ('source_file = "nowhere"', "could not archive missing file: nowhere"),
        ('source_dir = "empty"', "archive would be empty"),
        ('source_file = "empty"', "it is not a file"),
    ],
)
def test_what_cannot_be_packed_is_an_error(
    arguments: str, words: str, terraform_workspace: MakeWorkspace
) -> None:
    work = terraform_workspace(
        'data "archive_file" "it" {\n type = "zip"\n output_path = "it.zip"\n' + arguments + "\n}"
    )
    (work.folder / "empty").mkdir()
    with pytest.raises(TerraformFailedError) as raised:
        work.plan()
    assert words in raised.value.summaries
    assert not (work.folder / "it.zip").exists()


def test_a_type_that_is_not_supported_is_named(terraform_workspace: MakeWorkspace) -> None:
    work = terraform_workspace(
        'data "archive_file" "it" {\n type = "rar"\n output_path = "it"\n'
        ' source_content = "x"\n source_content_filename = "x"\n}'
    )
    with pytest.raises(TerraformFailedError, match="archive type not supported: rar"):
        work.plan()

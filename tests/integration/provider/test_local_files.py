"""hashicorp/local, led by real Terraform."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.provider.workspace import TerraformFailedError, TerraformWorkspace

MakeWorkspace = Callable[..., TerraformWorkspace]
POSIX = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def umask() -> int:
    """Return the umask, which can only be read by setting it."""
    current = os.umask(0)
    os.umask(current)
    return current


def test_a_file_is_written_read_replaced_and_removed(terraform_workspace: MakeWorkspace) -> None:
    hcl = 'resource "local_file" "it" {\n filename = "made/here.txt"\n content = "%s"\n}'
    work = terraform_workspace(hcl % "grüezi")
    path = work.folder / "made" / "here.txt"
    work.apply()
    assert path.read_bytes() == "grüezi".encode()
    assert work.plan() == {}
    work.write(hcl % "other")
    change = work.plan()["local_file.it"]
    assert change.actions == ["delete", "create"]
    assert change.replace_paths == [["content"]]
    work.apply()
    assert path.read_text() == "other"
    work.destroy()
    assert not path.exists()


def test_every_digest_of_the_content_is_told(terraform_workspace: MakeWorkspace) -> None:
    work = terraform_workspace(
        'resource "local_file" "it" {\n filename = "it"\n content_base64 = "AP/+"\n}\n'
        'data "local_file" "it" { filename = local_file.it.filename }'
    )
    content = b"\x00\xff\xfe"
    wanted = {
        "content_md5": hashlib.md5(content).hexdigest(),
        "content_sha1": hashlib.sha1(content).hexdigest(),
        "content_sha256": hashlib.sha256(content).hexdigest(),
        "content_sha512": hashlib.sha512(content).hexdigest(),
        "content_base64sha256": base64.b64encode(hashlib.sha256(content).digest()).decode(),
        "content_base64sha512": base64.b64encode(hashlib.sha512(content).digest()).decode(),
        "id": hashlib.sha1(content).hexdigest(),
    }
    work.apply()
    assert (work.folder / "it").read_bytes() == content
    for address in ("local_file.it", "data.local_file.it"):
        state = work.state(address)
        assert {name: state[name] for name in wanted} == wanted
    assert work.state("data.local_file.it")["content_base64"] == "AP/+"


@POSIX
def test_modes_are_as_asked_and_by_default_as_the_real_provider_s(
    terraform_workspace: MakeWorkspace,
) -> None:
    work = terraform_workspace("""
        resource "local_file" "plain" {
          filename = "plain"
          content  = ""
        }
        resource "local_sensitive_file" "secret" {
          filename = "deep/er/secret"
          content  = "x"
        }
        resource "local_file" "key" {
          filename             = "open/key"
          sensitive_content    = "y"
          file_permission      = "0600"
          directory_permission = "0750"
        }
    """)
    work.apply()
    assert mode_of(work.folder / "plain") == 0o777 & ~umask()
    assert mode_of(work.folder / "deep") == 0o700
    assert mode_of(work.folder / "deep" / "er") == 0o700
    assert mode_of(work.folder / "deep" / "er" / "secret") == 0o700
    assert mode_of(work.folder / "open") == 0o750 & ~umask()
    assert mode_of(work.folder / "open" / "key") == 0o600
    assert work.state("local_file.plain")["file_permission"] == "0777"
    assert work.plan() == {}


@POSIX
def test_a_permission_that_is_taken_back_returns_to_the_default(
    terraform_workspace: MakeWorkspace,
) -> None:
    hcl = 'resource "local_file" "it" {\n filename = "it"\n content = "x"\n%s\n}'
    work = terraform_workspace(hcl % 'file_permission = "0600"')
    work.apply()
    work.write(hcl % "")
    change = work.plan()["local_file.it"]
    assert change.actions == ["delete", "create"]
    assert change.replace_paths == [["file_permission"]]
    work.apply()
    assert mode_of(work.folder / "it") == 0o777 & ~umask()


@pytest.mark.parametrize("deed", ["deleted", "altered"])
def test_a_file_that_is_not_as_written_is_planned_for_creation(
    deed: str, terraform_workspace: MakeWorkspace
) -> None:
    work = terraform_workspace(
        'resource "local_file" "it" {\n filename = "it"\n content = "mine"\n}'
    )
    work.apply()
    if deed == "deleted":
        (work.folder / "it").unlink()
    else:
        (work.folder / "it").write_text("another's")
    assert work.plan()["local_file.it"].actions == ["create"]
    work.apply()
    assert (work.folder / "it").read_text() == "mine"


def test_a_file_is_copied_from_a_source(terraform_workspace: MakeWorkspace) -> None:
    work = terraform_workspace(
        'resource "local_file" "it" {\n filename = "it"\n source = "given"\n}'
    )
    with pytest.raises(TerraformFailedError, match="no such file"):
        work.apply()
    (work.folder / "given").write_bytes(b"\x80\x81")
    work.apply()
    assert (work.folder / "it").read_bytes() == b"\x80\x81"


@pytest.mark.parametrize(
    ("arguments", "words", "snippet"),
    [
        ("", "one of", "local_file"),
        ('content = "a"\nsource = "b"', "only one of", "content"),
        ('content = "a"\nfile_permission = "rw-r--r--"', "octal", "file_permission"),
        ('content = "a"\nfile_permission = "0999"', "octal", "file_permission"),
    ],
)
def test_wrong_arguments_are_refused_where_they_stand(
    arguments: str, words: str, snippet: str, terraform_workspace: MakeWorkspace
) -> None:
    work = terraform_workspace(f'resource "local_file" "it" {{\nfilename = "it"\n{arguments}\n}}')
    with pytest.raises(TerraformFailedError) as raised:
        work.plan()
    assert words in raised.value.summaries
    assert snippet in raised.value.snippets


def test_a_value_known_only_later_does_not_count_as_given_twice(
    terraform_workspace: MakeWorkspace,
) -> None:
    work = terraform_workspace("""
        variable "text" { default = "from a variable" }
        variable "file" { default = null }
        resource "local_file" "it" {
          filename = "it"
          content  = var.text
          source   = var.file
        }
    """)
    work.apply()
    assert (work.folder / "it").read_text() == "from a variable"


def test_a_folder_that_cannot_be_made_is_an_error_at_the_file_s_name(
    terraform_workspace: MakeWorkspace,
) -> None:
    work = terraform_workspace(
        'resource "local_file" "it" {\n filename = "main.tf/it"\n content = "x"\n}'
    )
    with pytest.raises(TerraformFailedError) as raised:
        work.apply()
    assert "Create local file error" in raised.value.summaries
    assert "main.tf" in raised.value.summaries
    assert "filename" in raised.value.snippets


def test_a_missing_file_is_an_error_of_the_data_source(terraform_workspace: MakeWorkspace) -> None:
    work = terraform_workspace('data "local_sensitive_file" "it" { filename = "nowhere" }')
    with pytest.raises(TerraformFailedError, match="nowhere: no such file"):
        work.plan()


def test_sensitive_content_stays_out_of_the_output(terraform_workspace: MakeWorkspace) -> None:
    work = terraform_workspace("""
        resource "local_sensitive_file" "it" {
          filename = "it"
          content  = "open-sesame"
        }
    """)
    assert "open-sesame" not in work.run("plan", "-input=false")
    assert "open-sesame" not in work.run("apply", "-auto-approve", "-input=false")
    assert "open-sesame" not in work.run("show")
    work.write("""
        data "local_sensitive_file" "it" { filename = "it" }
        output "it" { value = data.local_sensitive_file.it.content }
    """)
    with pytest.raises(TerraformFailedError, match="sensitive"):
        work.plan()


def test_the_old_argument_for_a_secret_is_deprecated(terraform_workspace: MakeWorkspace) -> None:
    work = terraform_workspace(
        'resource "local_file" "it" {\n filename = "it"\n sensitive_content = "x"\n}'
    )
    told = work.run("validate", "-json")
    assert "Argument is deprecated" in told
    assert "sensitive_content" in told


def test_a_file_cannot_be_imported_and_a_command_does_not_run(
    terraform_workspace: MakeWorkspace,
) -> None:
    work = terraform_workspace('resource "local_file" "it" {\n filename = "it"\n content = "x"\n}')
    with pytest.raises(TerraformFailedError, match="does not support import"):
        work.run("import", "-input=false", "local_file.it", "it")
    work.write('data "local_command" "it" { command = "touch ran" }')
    with pytest.raises(TerraformFailedError, match="does not run on the embedded AWS"):
        work.plan()
    assert not (work.folder / "ran").exists()


def test_paths_start_in_the_folder_that_chdir_names(terraform_workspace: MakeWorkspace) -> None:
    work = terraform_workspace(
        'resource "local_file" "it" {\n filename = "./it"\n content = path.cwd\n}'
    )
    inner = work.folder / "inner"
    inner.mkdir()
    (work.folder / "main.tf").rename(inner / "main.tf")
    work.run(f"-chdir={inner.name}", "init", "-input=false")
    work.run(f"-chdir={inner.name}", "apply", "-auto-approve", "-input=false", "-json")
    assert (inner / "it").is_file()
    assert not (work.folder / "it").exists()

"""Where a configuration lies, and what its expressions come to."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_utils.grading.configuration import configured_region, find_configuration
from lab_utils.grading.configuration.sources import read_regular, write_file
from lab_utils.grading.configuration.values import Values
from tests.unit.grading.configuration.folders import place_of, sources_of, text_of, write

THING = 'resource "aws_iot_thing" "a" {\n  name = "a"\n}\n'


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({"terraform/iot.tf": THING, "other/iot.tf": THING * 3}, "terraform"),
        ({"infra/prod/main.tf": THING}, "infra/prod"),
        ({"iot.tf": THING, "README.md": ""}, "."),
        (
            {
                "a/main.tf": 'module "m" {\n  source = "../b"\n}\n',
                "b/main.tf": THING * 5,
            },
            "a",
        ),
        ({"small/x.tf": THING, "large/x.tf": THING * 2}, "large"),
        ({"terraform/iot.tf": "# Yours\n", "infra/x.tf": THING}, "infra"),
    ],
    ids=[
        *("the usual folder", "deep", "at the top", "not a module", "what declares most"),
        "not the empty one",
    ],
)
def test_the_configuration_is_found(tmp_path: Path, files: dict[str, str], wanted: str) -> None:
    assert find_configuration(write(tmp_path, files)) == tmp_path / wanted


def test_without_terraform_files_there_is_no_configuration(tmp_path: Path) -> None:
    assert find_configuration(write(tmp_path, {".terraform/modules/x.tf": THING})) is None


@pytest.mark.parametrize(
    ("files", "region"),
    [
        ({"p.tf": 'provider "aws" {\n  region = "eu-west-3" # Paris\n}\n'}, "eu-west-3"),
        (
            {
                "p.tf": 'provider "aws" {\n  region = var.region\n}\n'
                'variable "region" {\n  default = "eu-north-1"\n}\n'
            },
            "eu-north-1",
        ),
        (
            {
                "p.tf": 'provider "aws" {\n  region = local.r\n}\nlocals {\n  r = "${var.r}"\n}\n'
                'variable "r" {}\n',
                "terraform.tfvars": 'r = "us-east-1"\n',
            },
            "us-east-1",
        ),
        ({"p.tf": 'provider "aws" {}\n'}, ""),
        ({"p.tf": 'provider "aws" {\n  region = "Paris"\n}\n'}, ""),
        ({"p.tf": 'provider "aws" {\n  alias  = "b"\n  region = "eu-west-3"\n}\n'}, ""),
        ({"p.tf": 'locals {\n  r = local.r\n}\nprovider "aws" {\n  region = local.r\n}\n'}, ""),
    ],
    ids=["plain", "variable", "tfvars", "none", "no region", "alias", "circle"],
)
def test_the_region_is_read_as_far_as_it_can_be(
    tmp_path: Path, files: dict[str, str], region: str
) -> None:
    write(tmp_path, {f"terraform/{name}": text for name, text in files.items()})
    assert configured_region(tmp_path) == region


def test_paths_are_those_of_the_module(tmp_path: Path) -> None:
    sources = sources_of(tmp_path, {"terraform/x.tf": THING})
    values, module = Values(sources), sources.folder / "m"
    assert values.text('"${path.module}/a.zip"', module) == f"{module}/a.zip"
    assert values.text('"${path.root}/a.zip"', module) == f"{sources.folder}/a.zip"
    assert values.text('"${aws_iot_thing.a.name}"', module) is None
    assert values.text('"$${timestamp()}"', module) == "$${timestamp()}"


def test_what_is_no_utf_8_is_read_and_written_anew(tmp_path: Path) -> None:
    sources = sources_of(
        tmp_path,
        {"terraform/a.tf": THING.encode("utf-16"), "terraform/b.tf": "# é\n".encode("latin-1")},
    )
    assert text_of(sources, "terraform/a.tf") == THING
    assert text_of(sources, "terraform/b.tf") == "# é\n"
    assert [remark.split()[0] for remark in sources.remarks] == ["terraform/a.tf", "terraform/b.tf"]


def test_a_link_is_neither_read_nor_written_through(tmp_path: Path) -> None:
    secret = tmp_path / "secret.tf"
    secret.write_text("secret")
    workspace = write(tmp_path / "w", {"terraform/a.tf": THING})
    (workspace / "terraform" / "link.tf").symlink_to(secret)
    (workspace / "out").symlink_to(tmp_path)
    assert read_regular(workspace / "terraform" / "link.tf") is None
    sources = sources_of(workspace, {})
    assert [path.name for path in sources.texts] == ["a.tf"]
    write_file(place_of(workspace), workspace / "terraform" / "link.tf", b"mine")
    assert secret.read_text() == "secret"
    with pytest.raises(PermissionError):
        write_file(place_of(workspace), workspace / "out" / "secret.tf", b"mine")


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "a.tf").mkdir()
    assert read_regular(tmp_path / "a.tf") is None
    assert read_regular(Path("/dev/zero")) is None
    assert read_regular(tmp_path / "none") is None

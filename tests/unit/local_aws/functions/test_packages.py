"""The folders of functions' code."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from lab_utils.local_aws.functions.packages import (
    Packages,
    digest_of,
    python_folders,
    sdk_folders,
    wants_sdk,
)


def packed(**files: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "."), text)
    return content.getvalue()


def test_a_package_is_known_by_its_content(tmp_path: Path) -> None:
    (tmp_path / "code" / "old").mkdir(parents=True)
    packages = Packages(tmp_path / "code")
    assert list((tmp_path / "code").iterdir()) == [], "what an earlier lab left is gone"
    first, second = packed(m__py="1"), packed(m__py="2")
    places = [packages.unpack(digest_of(one), one) for one in (first, second, first)]
    assert places[0] == places[2] != places[1]
    assert [(place / "m.py").read_text() for place in places] == ["1", "2", "1"]
    assert digest_of(bytes(bytearray(first))) == digest_of(first)


def test_nothing_is_an_empty_folder(tmp_path: Path) -> None:
    packages = Packages(tmp_path / "code")
    for content in (b"", b"PK\5\6" + bytes(18)):
        assert list(packages.unpack(digest_of(content), content).iterdir()) == []


def test_a_function_that_names_the_sdk_wants_it_unless_it_brings_its_own(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("import json\n")
    assert not wants_sdk([tmp_path])
    (tmp_path / "n.py").write_text("from boto3 import client\n")
    assert wants_sdk([tmp_path])
    (tmp_path / "botocore").mkdir()
    assert not wants_sdk([tmp_path])


def test_a_layer_is_looked_through_where_python_does(tmp_path: Path) -> None:
    site = tmp_path / "python" / "lib" / "python3.13" / "site-packages"
    site.mkdir(parents=True)
    assert python_folders(tmp_path) == (site, tmp_path / "python")
    assert python_folders(site) == ()


def test_the_sdk_is_installed() -> None:
    assert {"boto3", "botocore", "dateutil", "six", "urllib3"} <= sdk_folders().keys()

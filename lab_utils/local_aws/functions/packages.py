"""The code of functions, unpacked."""

from __future__ import annotations

import hashlib
import io
import shutil
import tempfile
import threading
import zipfile
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

SDK_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
"""What Lambda's Python runtimes have beside the standard library."""
_KEPT_DIGESTS = 8
_SDK_MARK = b"boto"


class Packages:
    """A folder of unpacked packages, each under the name of its content.

    Args:
        folder: The folder; what an earlier lab left in it is removed.
    """

    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._guard = threading.Lock()

    def unpack(self, digest: str, content: bytes) -> Path:
        """Return the folder of a package.

        Args:
            digest: What `digest_of` makes of its content.
            content: The zip file; nothing at all is unpacked to an empty folder.
        """
        target = self._folder / digest
        with self._guard:
            if target.is_dir():
                return target
            fresh = Path(tempfile.mkdtemp(dir=self._folder))
            if content:
                with zipfile.ZipFile(io.BytesIO(content)) as package:
                    package.extractall(fresh)
            fresh.rename(target)
        return target


@lru_cache(_KEPT_DIGESTS)
def digest_of(content: bytes) -> str:
    """Return the name of a package's content.

    Code may have 50 MB, and is the same object as long as it is not changed: which object it is
    is looked at first.
    """
    return hashlib.sha256(content).hexdigest()


def python_folders(layer: Path) -> tuple[Path, ...]:
    """Return the folders of an unpacked layer in which Python looks."""
    python = layer / "python"
    libraries = sorted(python.glob("lib/python3*/site-packages"))
    return tuple(folder for folder in (*libraries, python) if folder.is_dir())


def wants_sdk(folders: Sequence[Path]) -> bool:
    """Return whether a function uses the AWS SDK of the runtime, as far as its code shows.

    It does not if the package or a layer brings a part of the SDK.

    Args:
        folders: The folders of its package and its layers.
    """
    brings = any(
        (folder / name).exists() or (folder / f"{name}.py").exists()
        for folder in folders
        for name in SDK_PACKAGES
    )
    return not brings and any(_SDK_MARK in path.read_bytes() for path in _sources(folders))


def _sources(folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in folder.rglob("*.py") if path.is_file())


def sdk_folders() -> dict[str, str]:
    """Return the folder that each package of the AWS SDK is in, as far as it is installed."""
    found: dict[str, str] = {}
    for name in SDK_PACKAGES:
        spec = find_spec(name)
        if spec is not None and spec.origin:
            place = Path(spec.origin)
            found[name] = str(
                place.parent.parent if spec.submodule_search_locations else place.parent
            )
    return found

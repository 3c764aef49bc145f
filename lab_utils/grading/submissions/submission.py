"""A submission that was read: its files in the practical's form, and what is to be said of it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab_utils.grading.submissions.collection import SubmissionError
from lab_utils.grading.submissions.text_files import as_on_unix

NOTEBOOKS, REPOSITORY, BOTH, NOTHING = "notebooks", "repository", "both", "nothing"
"""The forms: notebooks alone, the practical's repository, notebooks with own Terraform, neither."""
_ABOUT, _FILES = "submission.json", "files/"
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Submission:
    """What a student handed in, free of what is no work.

    Attributes:
        student: Whose it is, fit for a file's name.
        source: The name of the folder or the file that it was read from.
        form: ``notebooks``, ``repository``, ``both`` or ``nothing``.
        files: Contents by path, the practical at the top: ``terraform/iot.tf``, ``bin/...``.
            Notebooks are ``notebooks/NAME.ipynb``, without outputs. Line ends are as submitted.
        executable: The paths that were executable.
        own: The paths that are not the course's own files.
        remarks: What was left out and what was found, in sentences.
    """

    student: str
    source: str
    form: str
    files: Mapping[str, bytes]
    executable: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    remarks: tuple[str, ...] = field(default=())

    def pack(self) -> bytes:
        """Return the submission as a zip; the same submission gives the same bytes."""
        about = {
            "student": self.student,
            "source": self.source,
            "form": self.form,
            "executable": sorted(self.executable),
            "own": sorted(self.own),
            "remarks": list(self.remarks),
        }
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            _add(archive, _ABOUT, json.dumps(about, indent=2).encode())
            for path, content in sorted(self.files.items()):
                _add(archive, _FILES + path, content)
        return buffer.getvalue()

    @classmethod
    def unpack(cls, packed: bytes) -> Submission:
        """Return the submission that `pack` made these bytes of.

        Raises:
            SubmissionError: They are none.
        """
        try:
            with zipfile.ZipFile(io.BytesIO(packed)) as archive:
                about = json.loads(archive.read(_ABOUT))
                names = [name for name in archive.namelist() if name.startswith(_FILES)]
                files = {name.removeprefix(_FILES): archive.read(name) for name in names}
            sets = {name: frozenset(about.pop(name)) for name in ("executable", "own")}
            return cls(**about | sets | {"files": files, "remarks": tuple(about["remarks"])})
        except (zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
            raise SubmissionError(
                "unpack a submission",
                f"These bytes are no packed submission ({type(error).__name__}).",
                "make sure that the workers run the same version of the course.",
            ) from error

    def write_to(self, folder: Path) -> None:
        """Write the files into a folder: ordinary files only, scripts executable.

        Line ends of scripts, Terraform, Python, YAML and JSON become those of Unix, as Git would
        make them. Whatever is in the folder stays, but for files of the same path.

        Args:
            folder: A folder that no student's code can write to meanwhile.
        """
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in self.files.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(as_on_unix(path, content))
            is_script = path in self.executable or path.endswith(".sh")
            place.chmod(0o755 if is_script else 0o644)


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, content, compresslevel=6)

"""Texts as Windows writes them, made into what Linux programs read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lab_utils.grading.submissions.remarks import shown_names

_ENDINGS = (".sh", ".tf", ".tfvars", ".py", ".yml", ".yaml", ".json", ".txt", ".ini", ".toml")
_UTF8_MARK, _UTF16_MARKS = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")


def as_on_unix(path: str, content: bytes) -> bytes:
    """Return a text's bytes in UTF-8 without a byte order mark and with line ends as on Unix.

    What is no script, Terraform, Python, YAML, JSON or plain text stays as it is.
    """
    if not _is_text(path, content):
        return content
    if content.startswith(_UTF16_MARKS):
        content = content.decode("utf-16", "replace").encode()
    return content.removeprefix(_UTF8_MARK).replace(b"\r\n", b"\n")


def conversion_remarks(files: Mapping[str, bytes]) -> Iterator[str]:
    """Yield what `as_on_unix` will change of files, in sentences."""
    texts = {path: content for path, content in files.items() if _is_text(path, content)}
    utf16 = [path for path, content in texts.items() if content.startswith(_UTF16_MARKS)]
    marked = [path for path, content in texts.items() if content.startswith(_UTF8_MARK)]
    ends = [path for path, content in texts.items() if b"\r\n" in content]
    if utf16:
        yield f"Read from UTF-16, which Linux programs do not take: {shown_names(utf16)}."
    if marked:
        yield f"A byte order mark was taken away: {shown_names(marked)}."
    if ends:
        yield f"Windows line ends were made those of Unix: {shown_names(ends)}."


def _is_text(path: str, content: bytes) -> bool:
    if b"\0" in content and not content.startswith(_UTF16_MARKS):
        return False
    name = path.rpartition("/")[2].lower()
    return name.endswith(_ENDINGS) or "." not in name or content.startswith(b"#!")

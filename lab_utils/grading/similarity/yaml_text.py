"""YAML as signs: jobs by themselves, without the names of jobs and variables, layout and quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lab_utils.grading.similarity.passages import NAME, YAML, Passage, Sign

_OF_GITLAB = {
    *("image", "stages", "before_script", "after_script", "variables", "cache", "include"),
    *("default", "workflow", "services", "pages"),
}
"""Keys at the left edge that are no jobs."""
_LONGEST_LINE = 500
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*$")
_KEY = re.compile(r"""\s*+(?:-\s++)?(?P<key>["']?[\w./$-][\w./ $-]*?["']?)[ ]?:(?:\s+|$)""")
_WORD = re.compile(r"[^\s\[\]{},\"']+")
_VARIABLE = re.compile(r"\$\{?\w+\}?")


def yaml_passages(file: str, text: str) -> Iterator[Passage]:
    """Yield each entry at the left edge of a YAML text, with the keys of its parts in order.

    Args:
        file: Its name.
        text: The text.
    """
    entries: list[list[tuple[int, str]]] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        line = _COMMENT.sub("", raw[:_LONGEST_LINE]).rstrip()
        if not line.strip() or line.startswith(("---", "...")):
            continue
        if not (line[0].isspace() or line.startswith("-")) or not entries:
            entries.append([])
        entries[-1].append((number, line))
    names = {match["key"] for entry in entries if (match := _KEY.match(entry[0][1]))}
    for entry in entries:
        signs = tuple(_signs(entry, names - _OF_GITLAB))
        if signs:
            yield Passage(YAML, file, signs)


def _signs(entry: list[tuple[int, str]], jobs: set[str]) -> Iterator[Sign]:
    """Yield an entry's signs, its parts one level below sorted by their keys."""
    (number, head), *rest = entry
    yield from _line_signs(number, head, jobs)
    indent = min((_indent(line) for _, line in rest), default=0)
    parts: list[list[Sign]] = []
    for number, line in rest:
        if (_indent(line) == indent and not line.lstrip().startswith("-")) or not parts:
            parts.append([])
        parts[-1] += _line_signs(number, line, jobs)
    for part in sorted(parts, key=lambda signs: [sign.text for sign in signs]):
        yield from part


def _line_signs(number: int, line: str, jobs: set[str]) -> Iterator[Sign]:
    match = _KEY.match(line)
    if match:
        key = match["key"]
        yield Sign(f"{NAME if key in jobs else key}:", number)
        line = line[match.end() :]
    for word in _WORD.findall(line.strip().removeprefix("- ")):
        yield Sign(NAME if word in jobs else _VARIABLE.sub("$", word), number)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())

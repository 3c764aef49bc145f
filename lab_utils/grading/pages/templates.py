"""The pages' templates: every value is made harmless and escaped, whatever a template says."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from lab_utils.errors import SettingsError
from lab_utils.grading.pages import wording
from lab_utils.grading.pages.untrusted import shown, shown_name

_BRIEF = 200


def write_page(template: str, values: Mapping[str, object], file: Path) -> Path:
    """Write a page, as a whole or not at all, and return its file.

    Args:
        template: The template's file name.
        values: What the template shows, by name.
        file: Where to; its folder is made.

    Raises:
        SettingsError: The place cannot be written to.
    """
    text = _environment().get_template(template).render(**values)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _replace(file, text)
    except OSError as error:
        raise SettingsError(
            f"write the page {file}", str(error), "choose a folder that you may write to."
        ) from error
    return file


def _replace(file: Path, text: str) -> None:
    new = file.with_name(f".{uuid.uuid4().hex}.new")
    try:
        new.write_text(text, encoding="utf-8")
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "name": shown_name,
        "brief": _brief,
        "of_points": wording.of_points,
        "points": wording.points,
        "duration": wording.duration,
        "moment": wording.moment,
        "percent": wording.percent,
        "days": wording.days,
    }
    return environment


def _brief(text: object) -> str:
    """Return the beginning of a text, in one line."""
    line = " ".join(shown(text).split())
    return line if len(line) <= _BRIEF else f"{line[:_BRIEF].rstrip()}…"


def _harmless(value: object) -> object:
    """Return a value as its characters can be shown; what a template made is HTML already."""
    return value if isinstance(value, Markup) else shown(value)

"""What a configuration takes from providers other than those at hand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from lab_utils.grading.configuration.hcl import ATTRIBUTE, Part, blanked, parts_of
from lab_utils.grading.configuration.shelf import Shelf
from lab_utils.grading.configuration.sources import Sources
from lab_utils.grading.workplace import cleaned

AT_HAND = tuple(
    f"hashicorp/{name}"
    for name in ("aws", "local", "archive", "null", "random", "time", "terraform")
)
_BUILT_IN = "terraform"
_SOURCE = re.compile(r'\bsource\s*=\s*"([^"]*)"')
_REGISTRIES = re.compile(r"^registry\.(?:terraform|opentofu)\.(?:io|org)/")


def set_unknown_aside(sources: Sources, shelf: Shelf) -> Iterator[str]:
    """Set aside what needs a provider that is not at hand. Yields the remarks."""
    missing: set[str] = set()
    own = {
        (path.parent, entry.name): _source(sources.texts[path], entry)
        for path, entry in _required(sources)
    }
    for path in list(sources.texts):
        for part in reversed(sources.parts(path)):
            provider = _provider_of(sources, path, part, own)
            if provider and provider not in AT_HAND:
                missing.add(provider)
                if part.name != "provider":
                    shelf.put(path, part, _no_provider(provider))
                else:
                    _take_out(sources, path, part)
    for path, part in reversed(list(_required(sources))):
        if (source := _source(sources.texts[path], part)) not in AT_HAND:
            missing.add(source)
            _take_out(sources, path, part)
    for provider in sorted(missing):
        shown = cleaned(provider)
        yield f"The provider {shown} is not at hand in the sandbox, which has no network."


def _provider_of(
    sources: Sources, path: Path, part: Part, own: Mapping[tuple[Path, str], str]
) -> str:
    """Return the provider that a block needs, such as ``hashicorp/random``; "" if none.

    Args:
        own: The providers that the modules name, by the module's folder and the name.
    """
    if part.name not in ("resource", "data", "ephemeral", "provider") or not part.labels:
        return ""
    chosen = sources.attribute(path, part, "provider") if part.name != "provider" else None
    name = re.split(r"[.\s]", chosen)[0] if chosen else part.labels[0].partition("_")[0]
    if part.name == "provider":
        name = part.labels[0]
    return own.get((path.parent, name), f"hashicorp/{name}")


def _required(sources: Sources) -> Iterator[tuple[Path, Part]]:
    """Yield the entries of all ``required_providers``."""
    for path, block in sources.blocks("terraform"):
        for part in parts_of(sources.texts[path], block):
            if part.name == "required_providers":
                for entry in parts_of(sources.texts[path], part):
                    if entry.kind == ATTRIBUTE:
                        yield path, entry


def _source(text: str, entry: Part) -> str:
    found = _SOURCE.search(text, *entry.inner)
    named = _REGISTRIES.sub("", found[1]) if found else f"hashicorp/{entry.name}"
    if named == "terraform.io/builtin/terraform":
        return f"hashicorp/{_BUILT_IN}"
    return named if "/" in named else f"hashicorp/{named}"


def _take_out(sources: Sources, path: Path, part: Part) -> None:
    sources.write(path, blanked(sources.texts[path], part.start, part.end))


def _no_provider(provider: str) -> str:
    return f"There is no provider {cleaned(provider)} in the sandbox, which has no network."

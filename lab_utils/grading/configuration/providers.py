"""What a configuration takes from providers other than those at hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lab_utils.grading.configuration.hcl import ATTRIBUTE, Part, blanked, parts_of
from lab_utils.grading.configuration.shelf import Shelf
from lab_utils.grading.configuration.sources import Sources

AT_HAND = tuple(
    f"hashicorp/{name}"
    for name in ("aws", "local", "archive", "null", "random", "time", "terraform")
)
_BUILT_IN = "terraform"
_SOURCE = re.compile(r'\bsource\s*=\s*"([^"]*)"')
_REGISTRIES = re.compile(r"^registry\.(?:terraform|opentofu)\.(?:io|org)/")
_NULL_BLOCK = re.compile(r'^([ \t]*resource[ \t]+)"null_resource"', re.M)
_NULL_REFERENCE = re.compile(r"(?<![\w.-])null_resource\.([\w-]+)(\.triggers\b)?")


def replace_null_resources(sources: Sources) -> Iterator[str]:
    """Make each ``null_resource`` what Terraform itself has for the same. Yields the remark."""
    found = [path for path, block in sources.blocks("resource") if _is_null(block)]
    if not found:
        return
    for path in dict.fromkeys(found):
        _rename_triggers(sources, path)
    for path in list(sources.texts):
        text = _NULL_BLOCK.sub(r'\1"terraform_data"', sources.texts[path])
        text = _NULL_REFERENCE.sub(_terraform_data, text)
        if text != sources.texts[path]:
            sources.write(path, text)
    yield "Each null_resource was made a terraform_data, which does the same without a provider."


def set_unknown_aside(sources: Sources, shelf: Shelf) -> Iterator[str]:
    """Set aside what needs a provider that is not at hand. Yields the remarks."""
    missing: set[str] = set()
    for path in list(sources.texts):
        for part in reversed(sources.parts(path)):
            provider = _provider_of(sources, path, part)
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
        yield f"The provider {provider} is not at hand in the sandbox, which has no network."


def _is_null(block: Part) -> bool:
    return block.labels[:1] == ("null_resource",)


def _rename_triggers(sources: Sources, path: Path) -> None:
    for block in reversed(sources.parts(path)):
        if block.name == "resource" and _is_null(block):
            for part in parts_of(sources.texts[path], block):
                if part.name == "triggers":
                    text = sources.texts[path]
                    end = part.start + len("triggers")
                    sources.write(path, f"{text[: part.start]}triggers_replace{text[end:]}")


def _terraform_data(match: re.Match[str]) -> str:
    return f"terraform_data.{match[1]}{'.triggers_replace' if match[2] else ''}"


def _provider_of(sources: Sources, path: Path, part: Part) -> str:
    """Return the provider that a block needs, such as ``hashicorp/random``; "" if none."""
    if part.name not in ("resource", "data", "ephemeral", "provider") or not part.labels:
        return ""
    chosen = sources.attribute(path, part, "provider") if part.name != "provider" else None
    name = re.split(r"[.\s]", chosen)[0] if chosen else part.labels[0].partition("_")[0]
    if part.name == "provider":
        name = part.labels[0]
    own = {
        one.name: _source(sources.texts[file], one)
        for file, one in _required(sources)
        if file.parent == path.parent
    }
    return own.get(name, f"hashicorp/{name}")


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
    return f"There is no provider {provider} in the sandbox, which has no network."

"""What is changed in a configuration so that it is applied here as it would be elsewhere.

A backend, a profile or a role to assume say where and as whom a student works. Nothing of it is
asked for by the practical, and nothing of it exists in a sandbox; each change is a remark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lab_utils.grading.configuration.hcl import BLOCK, Part, blanked, line_of, parts_of
from lab_utils.grading.configuration.sources import Sources, read_regular, remove, write_file
from lab_utils.grading.configuration.state import STATE_FILE, read_state
from lab_utils.settings import LOCAL_ACCOUNT

_BACKENDS = ("backend", "cloud")
_OWN_ACCESS = (
    *("profile", "shared_credentials_file", "shared_credentials_files", "shared_config_files"),
    *("access_key", "secret_key", "token", "assume_role", "assume_role_with_web_identity"),
    *("allowed_account_ids", "forbidden_account_ids", "endpoints", "custom_ca_bundle"),
    *("http_proxy", "https_proxy", "version"),
)
"""What of the provider block says as whom and through what AWS is reached."""
_SECRETS = ("access_key", "secret_key", "token")
_LEFTOVERS = (
    *(".terraform.lock.hcl", "terraform.tfstate", "terraform.tfstate.backup"),
    *(".terraform", "terraform.tfstate.d"),
)
_ACCOUNT_IN_ARN = re.compile(r"(?<=:)(\d{12})(?=:)")
_QUOTED_ACCOUNT = re.compile(r'(?<=")(\d{12})(?=")')
_POLICIES = ("*.json", "*/*.json", "*/*/*.json", "*.tfvars", "*.tpl", "*/*.tpl", "*/*.tftpl")


def remove_leftovers(sources: Sources) -> None:
    """Remove what an earlier Terraform left: locks, a damaged state, installed providers.

    No state is ever read from a submission: a sound one was made here, where a notebook that is
    replayed applied its configuration. Without it Terraform would make everything a second time.
    """
    for module in {path.parent for path in sources.texts}:
        kept = {STATE_FILE} if read_state(module) else set()
        for name in _LEFTOVERS:
            if name not in kept:
                remove(module / name)


def adapt_terraform_blocks(sources: Sources) -> Iterator[str]:
    """Take out backends: the state lies in the folder itself. Yields the remarks."""
    for path, part in list(_nested(sources, "terraform", _BACKENDS)):
        yield (
            f"{_place(sources, path, part)}: {part.title} was taken out; in the sandbox the state "
            "lies in the configuration's own folder."
        )
        sources.write(path, blanked(sources.texts[path], part.start, part.end))


def adapt_provider_blocks(sources: Sources) -> Iterator[str]:
    """Take out as whom the provider works: here it has the sandbox's own key. Yields remarks."""
    for path, part in list(_nested(sources, "provider", _OWN_ACCESS, label="aws")):
        why = "in the sandbox it works with the sandbox's own key and address"
        if part.name == "version":
            why = "the sandbox has one version of it"
        if part.name in _SECRETS:
            why += "; a key belongs in no file of a repository"
        yield f"{_place(sources, path, part)}: {part.name} of the provider was taken out; {why}."
        sources.write(path, blanked(sources.texts[path], part.start, part.end))


def adapt_accounts(sources: Sources) -> Iterator[str]:
    """Put the embedded AWS's account in the place of the student's own. Yields the remark.

    Only where all that the files name is one account: of two, one would be wrong on AWS, too.
    """
    files = {**sources.texts, **dict(_policy_files(sources))}
    named = {one for text in files.values() for one in _accounts_in(text)} - {LOCAL_ACCOUNT}
    if len(named) != 1:
        return
    [account] = named
    touched = [path for path, text in files.items() if account in _accounts_in(text)]
    for path in touched:
        text = re.sub(rf"(?<![\d]){account}(?![\d])", LOCAL_ACCOUNT, files[path])
        if path in sources.texts:
            sources.write(path, text)
        else:
            write_file(sources.place, path, text.encode("utf-8", "surrogateescape"))
    shown = ", ".join(sources.place.shown(path) for path in sorted(touched))
    yield f"The AWS account that {shown} names was taken for the sandbox's, {LOCAL_ACCOUNT}."


def _nested(
    sources: Sources, block_name: str, names: tuple[str, ...], label: str = ""
) -> Iterator[tuple[Path, Part]]:
    """Yield what blocks of a name have inside of these names, the last first.

    So those that are still to come are where they were, however the later ones are changed.
    """
    for path, block in reversed(list(sources.blocks(block_name))):
        if not label or block.labels == (label,):
            for part in reversed(parts_of(sources.texts[path], block)):
                if part.name in names and (part.kind == BLOCK or block_name == "provider"):
                    yield path, part


def _policy_files(sources: Sources) -> Iterator[tuple[Path, str]]:
    for pattern in _POLICIES:
        for path in sorted(sources.folder.glob(pattern)):
            is_own = path not in sources.texts and sources.place.holds(path)
            if is_own and (content := read_regular(path)) is not None:
                yield path, content.decode("utf-8", "surrogateescape")


def _accounts_in(text: str) -> set[str]:
    in_arns = {
        account
        for line in text.splitlines()
        if "arn:" in line
        for account in _ACCOUNT_IN_ARN.findall(line)
    }
    return in_arns | set(_QUOTED_ACCOUNT.findall(text))


def _place(sources: Sources, path: Path, part: Part) -> str:
    return f"{sources.place.shown(path)}, line {line_of(sources.texts[path], part.start)}"

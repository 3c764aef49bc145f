"""What a job is there for: found by what it does, whatever it is called."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from lab_utils.pipeline.calls import PYTHON_TEXT, Call, Reading
from lab_utils.pipeline.shell import UNKNOWN

ROLES = ("test", "package", "deploy")
_TESTS = {"pytest", "py.test", "unittest", "nose2", "nosetests", "tox", "nox"}
_DEPLOYS = {
    ("aws", "lambda", "update-function-code"),
    ("aws", "lambda", "create-function"),
    ("aws", "cloudformation", "deploy"),
    ("sam", "deploy"),
    ("serverless", "deploy"),
    ("sls", "deploy"),
    ("terraform", "apply"),
}
_PACKS = {("sam", "build"), ("sam", "package"), ("aws", "cloudformation", "package")}
_PACKING_TEXT = re.compile(r"zipfile\.ZipFile\(|\bZipFile\(|make_archive\(")
_DEPLOYING_TEXT = re.compile(r"update_function_code\(")
_WITH_VALUE = {"--profile", "--region", "--endpoint-url", "--output", "--cli-connect-timeout"}
_NAMED = re.compile(r"default: ([\w./-]*\bNAME\.zip)")
"""How the workbook's own script tells in its help which file it makes."""
_MADE = re.compile(r"""ZipFile\(\s*f?["']([^"'{}]+\.zip)["']\s*,\s*(?:mode=)?["'][wax]""")
_ARCHIVED = re.compile(r"""make_archive\(\s*["']([^"'{}]+)["']\s*,\s*["']zip["']""")


def roles_of(reading: Reading) -> set[str]:
    """Return what a job does: ``test``, ``package``, ``deploy``; several, or none."""
    return {role for call in reading.calls for role in _roles(call)}


def deploy_calls(reading: Reading) -> list[Call]:
    """Return the calls that give a function its code."""
    return [call for call in reading.calls if _is_one_of(call, _DEPLOYS)]


def made_zips(reading: Reading, function: str) -> list[str]:
    """Return the zips that a job makes, as absolute paths in the form of `shell.ROOT`.

    Args:
        reading: What the job does.
        function: The name of the function's folder.
    """
    made: list[str] = []
    for call in reading.calls:
        if call.program in ("mv", "cp"):
            made = _moved(call, made)
        made += [path for path in _zips(call, function) if path not in made]
    return [path for path in made if UNKNOWN not in path]


def deployed_zips(reading: Reading) -> list[str]:
    """Return the zips that a job gives to Lambda, in the same form."""
    found = []
    for call in deploy_calls(reading):
        for option, following in zip(call.words, (*call.words[1:], ""), strict=True):
            value = following if option == "--zip-file" else ""
            value = option.partition("=")[2] if option.startswith("--zip-file=") else value
            if value.startswith(("fileb://", "file://")):
                path = value.partition("://")[2]
                found.append(posixpath.normpath(posixpath.join(call.folder, path)))
    return [path for path in found if UNKNOWN not in path]


def option_of(call: Call, name: str) -> str:
    """Return the value of an option such as ``--region``; "" without it."""
    for option, following in zip(call.words, (*call.words[1:], ""), strict=True):
        if option == name:
            return following
        if option.startswith(f"{name}="):
            return option.partition("=")[2]
    return ""


def installed(reading: Reading) -> Iterator[tuple[str, Call]]:
    """Yield what a job installs, by pip or another packager, with the call that does it."""
    for call in reading.calls:
        words = [word for word in call.words[1:] if not word.startswith("-")]
        if words and words[0] in ("install", "add", "sync"):
            for word in words[1:]:
                yield re.split(r"[<>=!~\[;@ ]", word)[0].lower(), call
            for name in _requirements(call):
                yield name, call


def _requirements(call: Call) -> list[str]:
    return [
        f"-r {posixpath.normpath(posixpath.join(call.folder, following))}"
        for option, following in zip(call.words, (*call.words[1:], ""), strict=True)
        if option in ("-r", "--requirement")
    ]


def _roles(call: Call) -> Iterator[str]:
    text = call.words[1] if call.program == PYTHON_TEXT else ""
    if call.program in _TESTS or (call.program == "coverage" and _TESTS & set(call.words)):
        yield "test"
    is_script = call.program.endswith((".sh", ".py", ".bash"))
    if is_script or call.program == PYTHON_TEXT:
        name = call.program if is_script else call.file
        stem = posixpath.basename(name).lower()
        if "deploy" in stem or _DEPLOYING_TEXT.search(text):
            yield "deploy"
        elif re.search(r"pack|zip|build", stem) or _PACKING_TEXT.search(text):
            yield "package"
    if _is_one_of(call, _DEPLOYS):
        yield "deploy"
    if _zip_target(call) or _is_one_of(call, _PACKS):
        yield "package"


def _is_one_of(call: Call, known: set[tuple[str, ...]]) -> bool:
    words = _plain(call)
    return any(words[: len(one)] == one for one in known)


def _plain(call: Call) -> tuple[str, ...]:
    """Return a call's words without its options: `aws --region x lambda y` is `aws lambda y`."""
    kept: list[str] = []
    is_value = False
    for word in call.words:
        if not is_value and not word.startswith("-"):
            kept.append(word)
        is_value = not is_value and word in _WITH_VALUE
    return tuple(kept)


def _zips(call: Call, function: str) -> Iterator[str]:
    if target := _zip_target(call):
        named = target if posixpath.splitext(target)[1] else f"{target}.zip"
        yield posixpath.normpath(posixpath.join(call.folder, named))
    elif call.program == PYTHON_TEXT:
        yield from _zips_of_python(call, function)


def _zips_of_python(call: Call, function: str) -> Iterator[str]:
    text, arguments = call.words[1], call.words[2:]
    named = [one for one in arguments if not one.startswith("-")]
    if found := _NAMED.search(text):
        folder = posixpath.normpath(named[0]).removesuffix("/src") if named else function
        default = found[1].replace("NAME", posixpath.basename(folder))
        script = posixpath.dirname(call.file)
        target = option_of(call, "--to")
        base = call.folder if target else posixpath.join(_root_of(call), script, "..")
        yield posixpath.normpath(posixpath.join(base, target or default))
        return
    stems = [f"{stem}.zip" for stem in _ARCHIVED.findall(text)]
    for name in (*_MADE.findall(text), *stems):
        yield posixpath.normpath(posixpath.join(call.folder, name))


def _root_of(call: Call) -> str:
    return "/".join(call.folder.split("/")[:3])


def _zip_target(call: Call) -> str:
    """Return the archive that a packer makes; "" if the program is none."""
    words = [word for word in call.words[1:] if not word.startswith("-")]
    if call.program == "zip" and words:
        return words[0]
    if call.program == "zipfile" and ("-c" in call.words or "--create" in call.words):
        return words[0] if words else ""
    if call.program in ("7z", "7za") and words[:1] == ["a"] and len(words) > 1:
        return words[1]
    if call.program == "git" and words[:1] == ["archive"]:
        return option_of(call, "-o") or option_of(call, "--output")
    return ""


def _moved(call: Call, made: list[str]) -> list[str]:
    """Return the zips after a file has been moved or copied."""
    words = [word for word in call.words[1:] if not word.startswith("-")]
    if len(words) < 2:
        return made
    *sources, target = [posixpath.normpath(posixpath.join(call.folder, word)) for word in words]
    is_folder = words[-1].endswith(("/", ".")) or not posixpath.splitext(target)[1]
    moved = [path for path in sources if path in made]
    kept = [path for path in made if call.program == "cp" or path not in moved]
    new = [
        posixpath.join(target, posixpath.basename(path)) if is_folder else target for path in moved
    ]
    return kept + new

"""A submission's deploy script, run where Terraform gave the function no more than a placeholder.

What the script reaches is what counts: a script that names another function or another region
does not deploy on AWS either.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lab_utils.grading.configuration.sources import find_configuration, read_regular
from lab_utils.grading.configuration.state import instances
from lab_utils.grading.packaging_before import last_words
from lab_utils.grading.packaging_scripts import (
    DEPLOY,
    PACKAGE,
    Script,
    bench_for,
    find_scripts,
    mend,
)
from lab_utils.grading.packaging_sources import (
    LARGEST_PACKAGE,
    find_sources,
    handler_module,
    packed_names,
    source_files,
    zipped,
    zips_in,
)
from lab_utils.grading.workplace import Ended, Workplace
from lab_utils.waiting import wait_for

_READY_S = 30.0
_REFUSED = "An error occurred ("
"""Begins what the AWS CLI says where AWS has refused something."""
_REGION = re.compile(r"--region[ =]+[\"']?([\w-]+)|AWS_(?:DEFAULT_)?REGION=[\"']?([\w-]+)")
_NAME = re.compile(r"--function-name[ =]+[\"']?([\w:.-]+)")


@dataclass
class Deployed:
    """What came of deploying.

    Attributes:
        said: How it went, in sentences.
        remarks: What had to be done for the submission, in sentences.
        has_changed: Whether a function has other code than Terraform gave it.
    """

    said: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    has_changed: bool = False


@dataclass(frozen=True)
class _Function:
    name: str
    handler: str
    region: str
    filename: str


def deploy(
    place: Workplace,
    *,
    client: Callable[[str], Any],
    state: Mapping[str, Any],
    timeout_s: float = 120.0,
) -> Deployed:
    """Deploy a submission's Lambda by its own script, and return what came of it.

    Nothing is done where Terraform has given each function its code already. Where the submission
    has no deploy script its package, or its sources alone, are put into the function, so that
    what the function does can be graded.

    Args:
        place: Where the submission is.
        client: Returns the boto3 client of a service.
        state: Terraform's, after the apply.
        timeout_s: The limit of time, in seconds.
    """
    deployed = Deployed()
    waiting = [one for one in _functions(state) if _has_placeholder(place, one)]
    if not waiting:
        deployed.said.append("No function waits for its code.")
        return deployed
    scripts = find_scripts(place, DEPLOY)
    try:
        if scripts:
            _run_scripts(place, client("lambda"), waiting, scripts, deployed, timeout_s)
        else:
            for function in waiting:
                _hand_over(place, client("lambda"), function, deployed)
    except (ClientError, BotoCoreError) as error:
        deployed.said.append(f"The function could not be looked at: {error}")
    return deployed


def _functions(state: Mapping[str, Any]) -> list[_Function]:
    return [
        _Function(
            str(one.get("function_name") or ""),
            str(one.get("handler") or ""),
            _region_of(str(one.get("arn"))),
            str(one.get("filename") or ""),
        )
        for one in instances(state, "aws_lambda_function")
    ]


def _region_of(arn: str) -> str:
    """Return the region of an ARN; "" of what is none, as in a state that a student has written."""
    parts = arn.split(":")
    return parts[3] if len(parts) > 3 else ""


def _has_placeholder(place: Workplace, function: _Function) -> bool:
    """Return whether the package that Terraform took lacks the handler's module."""
    folder = find_configuration(place.workspace)
    if folder is None or not function.filename:
        return False
    names = packed_names(Path(os.path.normpath(folder / function.filename)))
    return names is not None and handler_module(function.handler) not in names


def _run_scripts(
    place: Workplace,
    client: Any,
    functions: Sequence[_Function],
    scripts: Sequence[Script],
    deployed: Deployed,
    timeout_s: float,
) -> None:
    deadline = time.monotonic() + timeout_s
    for script in scripts:
        deployed.remarks += mend(place, script)
    with bench_for(place, [*scripts, *find_scripts(place, PACKAGE)]) as runner:
        for script in scripts:
            shown = place.shown(script.path)
            changed, ended = _tried(client, functions, runner.run_anywhere(script, deadline))
            if changed:
                deployed.has_changed = True
                deployed.said.append(f"{shown} deployed {', '.join(changed)}.")
            elif ended:
                deployed.said += _why(shown, script, functions, ended)


def _tried(
    client: Any, functions: Sequence[_Function], tries: Iterable[Ended]
) -> tuple[list[str], Ended | None]:
    """Return the functions that a script has changed, and how it ended first."""
    before = _codes(client, functions)
    first: Ended | None = None
    for ended in tries:
        first = first or ended
        after = _codes(client, functions)
        changed = [name for name in after if after[name] != before.get(name)]
        if changed:
            return changed, first
        if _REFUSED in ended.output:
            break  # It came as far as AWS: from another folder it would come no further.
    return [], first


def _codes(client: Any, functions: Sequence[_Function]) -> dict[str, str]:
    """Return the hash of each function's code, once no update of it is going on."""
    return {one.name: code for one in functions if (code := _code(client, one.name))}


def _code(client: Any, name: str) -> str:
    def look() -> str | None:
        told = client.get_function_configuration(FunctionName=name)
        is_busy = told.get("LastUpdateStatus") == "InProgress"
        return None if is_busy else str(told["CodeSha256"])

    return wait_for(look, _READY_S) or ""


def _why(shown: str, script: Script, functions: Sequence[_Function], ended: Ended) -> Iterator[str]:
    """Yield why a deploy script changed nothing."""
    names = {one.name for one in functions}
    regions = {one.region for one in functions}
    for named in sorted(set(_NAME.findall(script.text)) - names):
        yield f"{shown} deploys to the function {named}; Terraform made {', '.join(sorted(names))}."
    chosen = {one or other for one, other in _REGION.findall(script.text)}
    for region in sorted(chosen - regions):
        yield f"{shown} deploys to {region}; the function is in {', '.join(sorted(regions))}."
    late = " in its time" if ended.is_late else ""
    yield f"{shown} changed no function{late}: {last_words(ended) or 'no word'}"


def _hand_over(place: Workplace, client: Any, function: _Function, deployed: Deployed) -> None:
    """Put a submission's code into a function for which it has no deploy script."""
    package, origin = _package_for(place, function)
    if not package:
        deployed.said.append(f"There is no code for the function {function.name}.")
        return
    client.update_function_code(FunctionName=function.name, ZipFile=package)
    deployed.has_changed = bool(_code(client, function.name))
    deployed.remarks.append(
        f"The submission has no script that deploys {function.name}: {origin} was put into it, so "
        "that what it does can be graded."
    )


def _package_for(place: Workplace, function: _Function) -> tuple[bytes, str]:
    """Return a package for a function, and what it is."""
    module = handler_module(function.handler)
    for path in zips_in(place):
        if module in (packed_names(path) or ()):
            return read_regular(path, LARGEST_PACKAGE) or b"", place.shown(path)
    folder = find_sources(place, function.handler)
    if folder is None:
        return b"", ""
    return zipped(source_files(folder)), f"the code in {place.shown(folder)}"

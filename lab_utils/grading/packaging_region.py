"""The region that a submission works in where its configuration leaves that to the machine.

The practical's files have no provider block: the region is then that of each student's own AWS
profile, which nobody hands in. The deploy script and the pipeline still name it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lab_utils.grading.configuration.sources import read_regular
from lab_utils.grading.packaging_scripts import DEPLOY, find_scripts
from lab_utils.grading.workplace import Workplace
from lab_utils.launching import as_it_is

_NAMED = re.compile(
    r"^[^#\n]*(?:--region[ =]+|AWS_(?:DEFAULT_)?REGION[\"']?\s*[:=]\s*)[\"']?"
    r"([a-z]{2}(?:-[a-z]+)+-\d)\b",
    re.M,
)
_PIPELINE = ".gitlab-ci.yml"


def deployed_region(workspace: Path) -> str:
    """Return the one region that deploying names; "" where it names none, or several.

    Args:
        workspace: The submission.
    """
    found = {region for text in _texts(workspace) for region in _NAMED.findall(text)}
    return found.pop() if len(found) == 1 else ""


def _texts(workspace: Path) -> Iterator[str]:
    place = Workplace(workspace, as_it_is, {}, lambda _line: None)
    for script in find_scripts(place, DEPLOY):
        yield script.text
    yield (read_regular(workspace / _PIPELINE) or b"").decode("utf-8", "replace")

"""For which branch a job runs: ``rules``, ``only``, ``except`` and ``workflow``.

Source: https://docs.gitlab.com/ci/jobs/job_rules/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lab_utils.pipeline.document import Map
from lab_utils.pipeline.expressions import holds, pattern_of

FEATURE_BRANCH = "a-feature-branch"
"""Stands for any branch that is not the default one."""


@dataclass(frozen=True)
class Event:
    """What starts a pipeline.

    Attributes:
        ref: The branch or the tag.
        kind: ``branch``, ``tag`` or ``merge_request``.
        default_branch: The repository's.
    """

    ref: str
    kind: str
    default_branch: str

    def variables(self) -> dict[str, str]:
        """Return the variables that GitLab sets for it, as far as rules ask for them."""
        is_request = self.kind == "merge_request"
        known = {
            "CI": "true",
            "GITLAB_CI": "true",
            "CI_COMMIT_REF_NAME": self.ref,
            "CI_COMMIT_REF_SLUG": self.ref.lower().replace("/", "-"),
            "CI_DEFAULT_BRANCH": self.default_branch,
            "CI_PIPELINE_SOURCE": "merge_request_event" if is_request else "push",
        }
        own = {
            "branch": {"CI_COMMIT_BRANCH": self.ref},
            "tag": {"CI_COMMIT_TAG": self.ref},
            "merge_request": {
                "CI_MERGE_REQUEST_IID": "1",
                "CI_MERGE_REQUEST_ID": "1",
                "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": self.ref,
                "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": self.default_branch,
            },
        }[self.kind]
        protected = "true" if self.ref == self.default_branch else "false"
        return {**known, **own, "CI_COMMIT_REF_PROTECTED": protected}


def runs(keys: Map, event: Event, variables: Mapping[str, str]) -> str:
    """Return how a job runs in a pipeline: ``on_success``, ``manual``..., or ``never``.

    What depends on changed files is taken to hold.

    Args:
        keys: The job's keys.
        event: What starts the pipeline.
        variables: Those of the pipeline and of the job.

    Raises:
        ExpressionError: A condition that GitLab would refuse.
    """
    known = {**variables, **event.variables()}
    when = str(keys.get("when") or "on_success")
    if "rules" in keys:
        return _first_match(keys["rules"], known, when)
    only = keys.get("only", ["branches", "tags"])
    if not _selects(only, event, known):
        return "never"
    if "except" in keys and _selects(keys["except"], event, known):
        return "never"
    return when


def starts(workflow: Any, event: Event, variables: Mapping[str, str]) -> bool:
    """Return whether ``workflow: rules`` lets a pipeline start at all."""
    if not isinstance(workflow, Map) or "rules" not in workflow:
        return True
    known = {**variables, **event.variables()}
    return _first_match(workflow["rules"], known, "always") != "never"


def named_branches(keys: Map) -> list[str]:
    """Return the branches that a job's rules name literally, such as ``master``."""
    texts = list(_conditions(keys.get("rules")))
    only = keys.get("only")
    refs = only.get("refs") if isinstance(only, Map) else only
    listed = [refs] if isinstance(refs, str) else list(refs or [])
    plain = [str(one) for one in listed if str(one) not in _KINDS and not str(one).startswith("/")]
    for text in texts:
        parts = text.replace("'", '"').split('"')
        plain += [part for part in parts[1::2] if part]
    return plain


def _conditions(rules: Any) -> Iterator[str]:
    for rule in _flat(rules if isinstance(rules, list) else []):
        if isinstance(rule, Map) and isinstance(rule.get("if"), str):
            yield rule["if"]


def _flat(rules: Iterable[Any]) -> Iterator[Any]:
    for rule in rules:
        if isinstance(rule, list):
            yield from _flat(rule)
        else:
            yield rule


def _first_match(rules: Any, variables: Mapping[str, str], when: str) -> str:
    for rule in _flat(rules if isinstance(rules, list) else []):
        if not isinstance(rule, Map):
            continue
        condition = rule.get("if")
        if condition is None or holds(str(condition), variables):
            return str(rule.get("when") or when)
    return "never"


_KINDS = {
    "branches": "branch",
    "tags": "tag",
    "merge_requests": "merge_request",
    "pushes": "branch",
    "web": "",
    "api": "",
    "chat": "",
    "external": "",
    "external_pull_requests": "",
    "pipelines": "",
    "schedules": "",
    "triggers": "",
}


def _selects(value: Any, event: Event, variables: Mapping[str, str]) -> bool:
    if isinstance(value, Map):
        refs = value.get("refs")
        is_chosen = refs is None or _selects(refs, event, variables)
        conditions = value.get("variables") or []
        return is_chosen and (
            not conditions or any(holds(str(one), variables) for one in conditions)
        )
    listed = [value] if isinstance(value, str) else list(value or [])
    return any(_is_ref(str(one), event) for one in listed)


def _is_ref(name: str, event: Event) -> bool:
    if name in _KINDS:
        return _KINDS[name] == event.kind
    if event.kind == "merge_request":
        return False
    pattern = pattern_of(name)
    return pattern.search(event.ref) is not None if pattern else name.split("@")[0] == event.ref

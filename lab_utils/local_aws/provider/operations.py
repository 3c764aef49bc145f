"""What Terraform asks of a resource type, on Python values: plan, apply, refresh, import."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from botocore.exceptions import ClientError

from lab_utils.local_aws.provider.conform import conform
from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.diagnostics import ProviderError
from lab_utils.local_aws.provider.provider import ResourceType
from lab_utils.local_aws.provider.tags import plan_tags
from lab_utils.local_aws.provider.validation import is_region
from lab_utils.local_aws.provider.values import Path, State, without_unknown

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """A planned state and the paths that force a replacement."""

    state: State
    replacing: list[Path]


def plan_change(
    kind: ResourceType, context: Context, config: State, prior: State | None, proposed: State
) -> Plan:
    """Return what a change will lead to."""
    planner = kind.planner
    planned = planner.fill(config, prior, proposed)
    if "region" in kind.block.attributes:
        _plan_region(context, config, planned)
    plan_tags(planned, context.tags)
    kind.resource.plan(context, prior, planned)
    if prior is not None:
        planned = kind.comparison.settle(kind.block, prior, planned)
    planned = conform(kind.block, planner.finish(config, prior, planned))
    return Plan(planned, planner.replacing_paths(prior, planned))


def _plan_region(context: Context, config: State, planned: State) -> None:
    named = config.get("region")
    if named is None:
        planned["region"] = context.configuration.region
    elif isinstance(named, str) and (problem := is_region("region", named)):
        raise ProviderError("Invalid Region Value", problem, ("region",))


def create(kind: ResourceType, context: Context, planned: State) -> State | None:
    """Return the state of a new resource; it goes into ``context.kept`` on the way."""
    known = without_unknown(planned)
    made = kind.resource.create(context, dict(known))
    context.keep(**made)
    return _read_back(kind, context, planned, {**known, **made})


def update(kind: ResourceType, context: Context, prior: State, planned: State) -> State | None:
    """Return the state of a changed resource."""
    known = without_unknown(planned)
    told = kind.resource.update(context, prior, dict(known)) or {}
    return _read_back(kind, context, planned, {**known, **told})


def refresh(kind: ResourceType, context: Context, state: State) -> State | None:
    """Return the state as the service has it now, or ``None`` when the resource is gone."""
    try:
        seen = kind.resource.read(context, dict(state))
    except ClientError as error:
        if not is_gone(kind, error):
            raise
        seen = None
    if seen is None:
        return None
    current = {**state, **seen}
    if "region" in kind.block.attributes and current["region"] is None:
        current["region"] = context.region  # a state from before resources had a region
    return conform(kind.block, kind.comparison.settle(kind.block, state, current))


def delete(kind: ResourceType, context: Context, state: State) -> None:
    """Delete a resource; one that is gone already is no error."""
    try:
        kind.resource.delete(context, state)
    except ClientError as error:
        if not is_gone(kind, error):
            raise


def import_state(kind: ResourceType, context: Context, import_id: str) -> State:
    """Return the first state of an imported resource; Terraform refreshes it next."""
    empty = empty_state(kind)
    if "region" in kind.block.attributes:
        empty["region"] = context.configuration.region
    return conform(kind.block, {**empty, **kind.resource.import_(context, import_id)})


def state_of_kept(kind: ResourceType, context: Context, planned: State) -> State:
    """Return the state of what was made before its creation failed."""
    known = without_unknown(planned)
    try:
        return conform(kind.block, {**known, **context.kept})
    except TypeError:
        return {**known, "id": str(context.kept.get("id", ""))}


def empty_state(kind: ResourceType) -> State:
    """Return a state in which nothing is set."""
    blocks: State = {
        name: None if nested.nesting == "struct" else []
        for name, nested in kind.block.blocks.items()
    }
    return {**dict.fromkeys(kind.block.attributes), **blocks}


def is_gone(kind: ResourceType, error: ClientError) -> bool:
    """Return whether an API error says that the resource does not exist."""
    code = error.response.get("Error", {}).get("Code", "")
    return code in getattr(kind.resource, "gone", ())


def _read_back(kind: ResourceType, context: Context, planned: State, known: State) -> State | None:
    """Return the state that the service has, in the plan's spelling where it means the same."""
    seen = kind.resource.read(context, dict(known))
    if seen is None:
        return None
    current = {**known, **seen}
    settled = conform(kind.block, kind.comparison.settle(kind.block, planned, current))
    for name in kind.comparison.contradictions(kind.block, planned, settled):
        # Terraform tolerates it from providers on the old SDK; the next plan may show a change.
        _LOG.warning("%s of %s is not as planned", name, kind.resource.type_name)
    return settled

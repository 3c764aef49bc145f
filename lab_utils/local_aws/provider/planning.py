"""What a change will do: the planned state and the attributes that force a replacement."""

from __future__ import annotations

from typing import Any

from lab_utils.local_aws.provider.compare import Comparison
from lab_utils.local_aws.provider.overlay import Overlay, replaces
from lab_utils.local_aws.provider.schema import Attribute, Block, Nested
from lab_utils.local_aws.provider.values import UNKNOWN, Path, State


class Planner:
    """Plans the changes of one type.

    Args:
        block: The type's schema.
        overlay: Its overlay.
        comparison: How its states are compared.
        is_legacy: Whether the type is one of the old SDK's, where an attribute that is computed
            as well keeps its value when the configuration no longer gives one.
    """

    def __init__(
        self, block: Block, overlay: Overlay, comparison: Comparison, is_legacy: bool = True
    ) -> None:
        self._block = block
        self._overlay = overlay
        self._comparison = comparison
        self._is_legacy = is_legacy

    def fill(self, config: State, prior: State | None, proposed: State) -> State:
        """Return the proposed state with defaults, unknowns, and the prior's spelling.

        Args:
            config: What the files say; null where they say nothing.
            prior: The state before; ``None`` when the resource is new.
            proposed: Terraform's merge of both.
        """
        filled = self._fill(self._block, config, prior, proposed, ())
        return filled if prior is None else self._comparison.settle(self._block, prior, filled)

    def finish(self, config: State, prior: State | None, planned: State) -> State:
        """Return the plan with each computed attribute unknown that depends on what changes."""
        if prior is None:
            return planned
        changed = {".".join(names) for names, _ in self._differences(prior, planned)}
        changed |= {name.split(".")[0] for name in changed}
        stale = [
            name
            for name, causes in self._overlay.recompute.items()
            if changed.intersection(causes) and config.get(name) is None
        ]
        return {**planned, **dict.fromkeys(stale, UNKNOWN)}

    def replacing_paths(self, prior: State | None, planned: State) -> list[Path]:
        """Return the paths of the changes that force a replacement."""
        if prior is None:
            return []
        differences = self._differences(prior, planned)
        return [path for names, path in differences if self._is_replacing(names)]

    def _is_replacing(self, names: tuple[str, ...]) -> bool:
        # No resource moves to another region, whether its own argument or the provider's changed.
        return replaces(self._overlay, names) or (self._is_legacy and names == ("region",))

    def _differences(self, prior: State, planned: State) -> list[tuple[tuple[str, ...], Path]]:
        return list(self._comparison.differences(self._block, prior, planned))

    def _fill(
        self, block: Block, config: Any, prior: Any, proposed: Any, at: tuple[str, ...]
    ) -> State:
        own = config if isinstance(config, dict) else {}
        old = prior if isinstance(prior, dict) else None
        filled = {
            name: self._fill_attribute(
                attribute, own.get(name), old is None, proposed.get(name), (*at, name)
            )
            for name, attribute in block.attributes.items()
        }
        for name, nested in block.blocks.items():
            before = old.get(name) if old else None
            trio = own.get(name), before, proposed.get(name)
            filled[name] = self._fill_nested(nested, trio, (*at, name))
        return filled

    def _fill_attribute(
        self, attribute: Attribute, config: Any, is_new: bool, proposed: Any, at: tuple[str, ...]
    ) -> Any:
        if config is not None:
            return config
        default = self._overlay.defaults.get(".".join(at))
        if not attribute.computed or (default is not None and not self._is_legacy):
            return default
        if proposed is None and is_new:
            return UNKNOWN if default is None else default
        return proposed

    def _fill_nested(self, nested: Nested, trio: tuple[Any, Any, Any], at: tuple[str, ...]) -> Any:
        config, prior, proposed = trio
        if nested.nesting == "struct":
            if not isinstance(proposed, dict):
                return proposed
            return self._fill(nested.block, config, prior, proposed, at)
        if not isinstance(proposed, list):
            return proposed
        return [
            self._fill(nested.block, *self._counterparts(nested, trio, index), item, at)
            for index, item in enumerate(proposed)
        ]

    def _counterparts(
        self, nested: Nested, trio: tuple[Any, Any, Any], index: int
    ) -> tuple[Any, Any]:
        """Return the configured and the prior block of a proposed one."""
        configs, priors, proposed = ([*(one or [])] if one is not UNKNOWN else [] for one in trio)
        if nested.nesting == "list":
            own = configs[index] if index < len(configs) else None
            return own, priors[index] if index < len(priors) else None
        item = proposed[index]
        own = next((one for one in configs if _covers(item, one)), item)
        return own, item if item in priors else None


def _covers(item: Any, config: Any) -> bool:
    """Return whether a proposed set block says all that a configured one says."""
    if not isinstance(item, dict) or not isinstance(config, dict):
        return False
    return all(value is None or item.get(name) == value for name, value in config.items())

"""The plugin protocol: requests to operations, and their results and errors to responses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tf.gen import tfplugin_pb2 as pb
from tf.gen import tfplugin_pb2_grpc as rpc

from lab_utils.local_aws.provider import operations
from lab_utils.local_aws.provider.clients import Clients
from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.diagnostics import Diagnostics
from lab_utils.local_aws.provider.overlay import Overlay
from lab_utils.local_aws.provider.peers import Peers
from lab_utils.local_aws.provider.provider import Provider
from lab_utils.local_aws.provider.schema import Block, to_wire
from lab_utils.local_aws.provider.validation import validate
from lab_utils.local_aws.provider.values import (
    State,
    read_value,
    wire_path,
    without_unknown,
    write_value,
)

Call = Any
"""gRPC's context of one call."""


class ProviderServicer(rpc.ProviderServicer):  # type: ignore[misc]
    """Serves one provider to every Terraform that connects."""

    def __init__(self, provider: Provider, peers: Peers, clients: Clients) -> None:
        self._provider = provider
        self._peers = peers
        self._clients = clients

    def GetMetadata(self, request: Any, call: Call) -> Any:  # noqa: N802, ARG002
        """Return what this provider serves."""
        R = pb.GetMetadata  # noqa: N806
        return R.Response(
            server_capabilities=self._capabilities(),
            resources=[R.ResourceMetadata(type_name=name) for name in self._provider.resources],
            data_sources=[
                R.DataSourceMetadata(type_name=name) for name in self._provider.data_sources
            ],
        )

    def GetProviderSchema(self, request: Any, call: Call) -> Any:  # noqa: N802, ARG002
        """Return every schema."""
        provider = self._provider
        return pb.GetProviderSchema.Response(
            provider=to_wire(provider.block, provider.overlay),
            provider_meta=to_wire(Block({}, {}), Overlay()),
            resource_schemas={
                name: to_wire(kind.block, kind.resource.overlay)
                for name, kind in provider.resources.items()
            },
            data_source_schemas={
                name: to_wire(kind.block, kind.source.overlay)
                for name, kind in provider.data_sources.items()
            },
            server_capabilities=self._capabilities(),
        )

    def ValidateProviderConfig(self, request: Any, call: Call) -> Any:  # noqa: N802, ARG002
        """Check a provider block."""
        diagnostics = Diagnostics()
        config = read_value(request.config) or {}
        validate(self._provider.block, self._provider.overlay, config, diagnostics)
        return pb.ValidateProviderConfig.Response(diagnostics=diagnostics.items)

    def ConfigureProvider(self, request: Any, call: Call) -> Any:  # noqa: N802
        """Keep a provider block for this connection."""
        diagnostics = Diagnostics()
        peer = self._peers.get(call.peer())
        config = read_value(request.config) or {}

        def configure() -> None:
            peer.configuration = self._provider.configure(config, peer, diagnostics)

        _guard(configure, diagnostics, "configuring the provider", "", self._provider.overlay)
        return pb.ConfigureProvider.Response(diagnostics=diagnostics.items)

    def ValidateResourceConfig(self, request: Any, call: Call) -> Any:  # noqa: N802
        """Check a resource block."""
        kind = self._provider.resources[request.type_name]
        config = read_value(request.config)
        context = self._context(call, config)
        validate(kind.block, kind.resource.overlay, config, context.diagnostics)
        self._run(context, kind, "validating", config, kind.resource.validate, context, config)
        return pb.ValidateResourceConfig.Response(diagnostics=context.diagnostics.items)

    def ValidateDataResourceConfig(self, request: Any, call: Call) -> Any:  # noqa: N802
        """Check a data block."""
        kind = self._provider.data_sources[request.type_name]
        config = read_value(request.config)
        context = self._context(call, config)
        validate(kind.block, kind.source.overlay, config, context.diagnostics)
        doing = f"validating {kind.source.label}"
        checks = lambda: kind.source.validate(context, config)  # noqa: E731
        _guard(checks, context.diagnostics, doing, kind.source.service, kind.source.overlay)
        return pb.ValidateDataResourceConfig.Response(diagnostics=context.diagnostics.items)

    def UpgradeResourceState(self, request: Any, call: Call) -> Any:  # noqa: N802, ARG002
        """Return a stored state in today's schema; what the schema lacks is dropped."""
        kind = self._provider.resources[request.type_name]
        stored = json.loads(request.raw_state.json or b"{}")
        empty = operations.empty_state(kind)
        state = {name: stored.get(name, value) for name, value in empty.items()}
        return pb.UpgradeResourceState.Response(upgraded_state=write_value(state))

    def PlanResourceChange(self, request: Any, call: Call) -> Any:  # noqa: N802
        """Plan a change."""
        kind = self._provider.resources[request.type_name]
        config, prior = read_value(request.config), read_value(request.prior_state)
        proposed = read_value(request.proposed_new_state)
        R = pb.PlanResourceChange.Response  # noqa: N806
        if proposed is None:
            return R(planned_state=write_value(None))
        context = self._context(call, proposed)
        arguments = kind, context, config, prior, proposed
        plan = self._run(context, kind, "planning", proposed, operations.plan_change, *arguments)
        if plan is None:
            return R(diagnostics=context.diagnostics.items)
        return R(
            planned_state=write_value(plan.state),
            requires_replace=[wire_path(path) for path in plan.replacing],
            planned_private=request.prior_private,
            legacy_type_system=kind.resource.legacy_type_system,
            diagnostics=context.diagnostics.items,
        )

    def ApplyResourceChange(self, request: Any, call: Call) -> Any:  # noqa: N802
        """Create, update or delete."""
        kind = self._provider.resources[request.type_name]
        prior, planned = read_value(request.prior_state), read_value(request.planned_state)
        context = self._context(call, planned or prior)
        run = self._run
        if planned is None:
            run(context, kind, "deleting", prior, operations.delete, kind, context, prior)
            state = prior if context.diagnostics.has_error else None
        elif prior is None:
            state = run(
                context, kind, "creating", planned, operations.create, kind, context, planned
            )
            if state is None and context.kept:
                state = without_unknown({**planned, **context.kept})
        else:
            arguments = kind, context, prior, planned
            state = run(context, kind, "updating", planned, operations.update, *arguments)
            state = prior if state is None else state
        return pb.ApplyResourceChange.Response(
            new_state=write_value(state),
            private=request.planned_private,
            legacy_type_system=kind.resource.legacy_type_system,
            diagnostics=context.diagnostics.items,
        )

    def ReadResource(self, request: Any, call: Call) -> Any:  # noqa: N802
        """Refresh a resource's state."""
        kind = self._provider.resources[request.type_name]
        state = read_value(request.current_state)
        context = self._context(call, state)
        seen = self._run(context, kind, "reading", state, operations.refresh, kind, context, state)
        return pb.ReadResource.Response(
            new_state=write_value(seen),
            private=request.private,
            diagnostics=context.diagnostics.items,
        )

    def ImportResourceState(self, request: Any, call: Call) -> Any:  # noqa: N802
        """Return the first state of an existing resource."""
        kind = self._provider.resources[request.type_name]
        context = self._context(call, {})
        named = {"id": request.id}
        imported = self._run(
            context, kind, "importing", named, operations.import_state, kind, context, request.id
        )
        R = pb.ImportResourceState  # noqa: N806
        one = R.ImportedResource(type_name=request.type_name, state=write_value(imported))
        return R.Response(
            imported_resources=[one] if imported is not None else [],
            diagnostics=context.diagnostics.items,
        )

    def ReadDataSource(self, request: Any, call: Call) -> Any:  # noqa: N802
        """Read a data source."""
        kind = self._provider.data_sources[request.type_name]
        config = read_value(request.config)
        context = self._context(call, config)
        found: State = {}

        def read() -> None:
            found.update(kind.source.read(context, config))

        doing = f"reading {kind.source.label}"
        source = kind.source
        _guard(read, context.diagnostics, doing, source.service, source.overlay)
        if "region" in kind.block.attributes:
            found.setdefault("region", context.region)
        return pb.ReadDataSource.Response(
            state=write_value({**config, **found}), diagnostics=context.diagnostics.items
        )

    def StopProvider(self, request: Any, call: Call) -> Any:  # noqa: N802, ARG002
        """End this connection's waits; the server serves on."""
        self._peers.get(call.peer()).stopping.set()
        return pb.StopProvider.Response()

    def GetFunctions(self, request: Any, call: Call) -> Any:  # noqa: N802, ARG002
        """Return the provider's functions: none."""
        return pb.GetFunctions.Response()

    def MoveResourceState(self, request: Any, call: Call) -> Any:  # noqa: N802, ARG002
        """Refuse to move state between types."""
        diagnostics = Diagnostics()
        diagnostics.error(
            "Move Resource State Not Supported",
            f'The "{request.target_type_name}" resource type does not support moving resource '
            "state across resource types.",
        )
        return pb.MoveResourceState.Response(diagnostics=diagnostics.items)

    def _capabilities(self) -> Any:
        return pb.ServerCapabilities(get_provider_schema_optional=False)

    def _context(self, call: Call, state: State | None) -> Context:
        peer = self._peers.get(call.peer())
        configuration = peer.configuration or self._provider.configure({}, peer, Diagnostics())
        named = (state or {}).get("region")
        region = named if isinstance(named, str) and named else configuration.region
        return Context(peer, self._clients, configuration, region)

    def _run(
        self, context: Context, kind: Any, verb: str, state: State, operation: Any, *arguments: Any
    ) -> Any:
        """Return an operation's result, or ``None`` with the error among the diagnostics."""
        resource = kind.resource
        name = resource.display_name(state)
        doing = f"{verb} {resource.label} ({name})" if name else f"{verb} {resource.label}"
        results: list[Any] = []
        _guard(
            lambda: results.append(operation(*arguments)),
            context.diagnostics,
            doing,
            getattr(resource, "service", ""),
            resource.overlay,
        )
        return results[0] if results else None


def _guard(
    operation: Callable[[], None],
    diagnostics: Diagnostics,
    doing: str,
    service: str,
    overlay: Overlay,
) -> None:
    """Run an operation; whatever it raises becomes a diagnostic, never a broken connection."""
    try:
        operation()
    except Exception as error:  # noqa: BLE001 - the outer edge; unexpected ones are logged
        diagnostics.exception(error, doing, service, overlay)

"""The plugin protocol: requests to operations, and their results and errors to responses."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from tf.gen import tfplugin_pb2 as pb
from tf.gen import tfplugin_pb2_grpc as rpc

from lab_utils.local_aws.provider import operations
from lab_utils.local_aws.provider.clients import Clients
from lab_utils.local_aws.provider.conform import conform, shape
from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.diagnostics import Diagnostics, ProviderError
from lab_utils.local_aws.provider.edge import answered, guard
from lab_utils.local_aws.provider.overlay import Overlay, secret_texts
from lab_utils.local_aws.provider.peers import Peers
from lab_utils.local_aws.provider.provider import UNASKED, Provider
from lab_utils.local_aws.provider.schema import Block, to_wire
from lab_utils.local_aws.provider.validation import validate
from lab_utils.local_aws.provider.values import (
    State,
    read_value,
    wire_path,
    write_value,
)

_LOST_SUMMARY = "The connection to the lab's provider was lost"
_LOST_DETAIL = (
    "Terraform connected again, and as it has several provider blocks for this provider, it "
    "cannot be told which of them this resource belongs to. Run the command again."
)
Call = Any
"""gRPC's context of one call."""


class ProviderServicer(rpc.ProviderServicer):  # type: ignore[misc]
    """Serves one provider to every Terraform that connects."""

    def __init__(self, provider: Provider, peers: Peers, clients: Clients) -> None:
        self._provider = provider
        self._peers = peers
        self._clients = clients

    @answered
    def GetMetadata(self, request: Any, call: Call) -> Any:  # noqa: N802, ARG002
        """Return what this provider serves."""
        self._peers.begin(call.peer())
        R = pb.GetMetadata  # noqa: N806
        return R.Response(
            server_capabilities=self._capabilities(),
            resources=[R.ResourceMetadata(type_name=name) for name in self._provider.resources],
            data_sources=[
                R.DataSourceMetadata(type_name=name) for name in self._provider.data_sources
            ],
        )

    @answered
    def GetProviderSchema(self, request: Any, call: Call) -> Any:  # noqa: N802, ARG002
        """Return every schema."""
        self._peers.begin(call.peer())
        return self._schemas

    @cached_property
    def _schemas(self) -> Any:
        """What every Terraform command asks first; it does not change while the server runs."""
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

    @answered
    def ValidateProviderConfig(self, request: Any, call: Call) -> Any:  # noqa: N802, ARG002
        """Check a provider block."""
        diagnostics = Diagnostics()
        config = read_value(request.config) or {}
        validate(self._provider.block, self._provider.overlay, config, diagnostics)
        return pb.ValidateProviderConfig.Response(diagnostics=diagnostics.items)

    @answered
    def ConfigureProvider(self, request: Any, call: Call) -> Any:  # noqa: N802
        """Keep a provider block for this connection."""
        peer = self._peers.get(call.peer())
        config = read_value(request.config) or {}
        diagnostics = Diagnostics(secrets=secret_texts(self._provider.overlay, config))

        def configure() -> None:
            peer.configuration = self._provider.configure(config, peer, diagnostics)
            peer.is_ambiguous = False

        guard(configure, diagnostics, "configuring the provider", "", self._provider.overlay)
        return pb.ConfigureProvider.Response(diagnostics=diagnostics.items)

    @answered
    def ValidateResourceConfig(self, request: Any, call: Call) -> Any:  # noqa: N802
        """Check a resource block."""
        kind = self._provider.resources[request.type_name]
        config = read_value(request.config)
        context = self._context(call, config, kind.resource.overlay)
        validate(kind.block, kind.resource.overlay, config, context.diagnostics)
        self._run(context, kind, "validating", config, kind.resource.validate, context, config)
        return pb.ValidateResourceConfig.Response(diagnostics=context.diagnostics.items)

    @answered
    def ValidateDataResourceConfig(self, request: Any, call: Call) -> Any:  # noqa: N802
        """Check a data block."""
        kind = self._provider.data_sources[request.type_name]
        config = read_value(request.config)
        context = self._context(call, config, kind.source.overlay)
        validate(kind.block, kind.source.overlay, config, context.diagnostics)
        doing = f"validating {kind.source.label}"
        checks = lambda: kind.source.validate(context, config)  # noqa: E731
        guard(checks, context.diagnostics, doing, kind.source.service, kind.source.overlay)
        return pb.ValidateDataResourceConfig.Response(diagnostics=context.diagnostics.items)

    @answered
    def UpgradeResourceState(self, request: Any, call: Call) -> Any:  # noqa: N802, ARG002
        """Return a stored state in today's schema; what the schema lacks is dropped."""
        kind = self._provider.resources[request.type_name]
        stored = json.loads(request.raw_state.json or b"{}")
        state = shape(kind.block, stored)
        return pb.UpgradeResourceState.Response(upgraded_state=write_value(state))

    @answered
    def PlanResourceChange(self, request: Any, call: Call) -> Any:  # noqa: N802
        """Plan a change."""
        kind = self._provider.resources[request.type_name]
        config, prior = read_value(request.config), read_value(request.prior_state)
        proposed = read_value(request.proposed_new_state)
        R = pb.PlanResourceChange.Response  # noqa: N806
        if proposed is None:
            return R(planned_state=write_value(None))
        context = self._context(call, proposed, kind.resource.overlay)
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

    @answered
    def ApplyResourceChange(self, request: Any, call: Call) -> Any:  # noqa: N802
        """Create, update or delete."""
        kind = self._provider.resources[request.type_name]
        prior, planned = read_value(request.prior_state), read_value(request.planned_state)
        context = self._context(call, planned or prior, kind.resource.overlay)
        run = self._run
        if planned is None:
            run(context, kind, "deleting", prior, operations.delete, kind, context, prior)
            state = prior if context.diagnostics.has_error else None
        elif prior is None:
            state = run(
                context, kind, "creating", planned, operations.create, kind, context, planned
            )
            if state is None and context.kept:
                state = operations.state_of_kept(kind, context, planned)
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

    @answered
    def ReadResource(self, request: Any, call: Call) -> Any:  # noqa: N802
        """Refresh a resource's state."""
        kind = self._provider.resources[request.type_name]
        state = read_value(request.current_state)
        context = self._context(call, state, kind.resource.overlay)
        seen = self._run(context, kind, "reading", state, operations.refresh, kind, context, state)
        seen = state if context.diagnostics.has_error else seen
        return pb.ReadResource.Response(
            new_state=write_value(seen),
            private=request.private,
            diagnostics=context.diagnostics.items,
        )

    @answered
    def ImportResourceState(self, request: Any, call: Call) -> Any:  # noqa: N802
        """Return the first state of an existing resource."""
        kind = self._provider.resources[request.type_name]
        context = self._context(call, {}, kind.resource.overlay)
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

    @answered
    def ReadDataSource(self, request: Any, call: Call) -> Any:  # noqa: N802
        """Read a data source."""
        kind = self._provider.data_sources[request.type_name]
        config = read_value(request.config)
        context = self._context(call, config, kind.source.overlay)
        found: State = {}

        def read() -> None:
            told = kind.source.read(context, config)
            if "region" in kind.block.attributes:
                told = {"region": context.region, **told}
            found.update(conform(kind.block, {**config, **told}))

        doing = f"reading {kind.source.label}"
        source = kind.source
        guard(read, context.diagnostics, doing, source.service, source.overlay)
        return pb.ReadDataSource.Response(
            state=write_value({**config, **found}), diagnostics=context.diagnostics.items
        )

    @answered
    def StopProvider(self, request: Any, call: Call) -> Any:  # noqa: N802, ARG002
        """End this connection's waits; the server serves on."""
        self._peers.get(call.peer()).stopping.set()
        return pb.StopProvider.Response()

    @answered
    def GetFunctions(self, request: Any, call: Call) -> Any:  # noqa: N802, ARG002
        """Return the provider's functions: none."""
        return pb.GetFunctions.Response()

    @answered
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

    def _context(self, call: Call, state: State | None, overlay: Overlay) -> Context:
        peer = self._peers.get(call.peer())
        if peer.is_ambiguous:
            raise ProviderError(_LOST_SUMMARY, _LOST_DETAIL)
        configuration = peer.configuration
        if configuration is None:
            configuration = self._provider.configure({**UNASKED}, peer, Diagnostics())
        named = (state or {}).get("region")
        region = named if isinstance(named, str) and named else configuration.region
        diagnostics = Diagnostics(secrets=secret_texts(overlay, state))
        return Context(peer, self._clients, configuration, region, diagnostics)

    def _run(
        self, context: Context, kind: Any, verb: str, state: State, operation: Any, *arguments: Any
    ) -> Any:
        """Return an operation's result, or ``None`` with the error among the diagnostics."""
        resource = kind.resource
        name = resource.display_name(state)
        doing = f"{verb} {resource.label} ({name})" if name else f"{verb} {resource.label}"
        results: list[Any] = []
        guard(
            lambda: results.append(operation(*arguments)),
            context.diagnostics,
            doing,
            getattr(resource, "service", ""),
            resource.overlay,
        )
        return results[0] if results else None

"""ministack, made to measure: the only module that knows its internals.

Every difference from what AWS does, or from what the lab needs, is mended here by replacing one
of ministack's functions with ours around it. ``ministack_names.py`` lists them.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

from lab_utils.errors import TargetError
from lab_utils.local_aws.clock import LabClock
from lab_utils.local_aws.functions.hosting import Hosting
from lab_utils.local_aws.functions.variables import Doors
from lab_utils.local_aws.gateway import AsgiApp
from lab_utils.local_aws.handlers import Answer, Handler
from lab_utils.local_aws.ministack_authority import keep_device_decisions
from lab_utils.local_aws.ministack_event_rules import mend_event_rules
from lab_utils.local_aws.ministack_function_checks import check_functions
from lab_utils.local_aws.ministack_functions import FunctionSeam
from lab_utils.local_aws.ministack_identity import mend_iam, name_denied_resources
from lab_utils.local_aws.ministack_invocations import mend_async_invocations
from lab_utils.local_aws.ministack_names import WRAPPED_NAMES, WRAPPED_SESSION_NAMES
from lab_utils.local_aws.ministack_registry import mend_iot_registry
from lab_utils.local_aws.ministack_rules import RuleSeam
from lab_utils.local_aws.ministack_schedules import ScheduleSeam
from lab_utils.local_aws.ministack_services import MinistackServices
from lab_utils.local_aws.ministack_sessions import mend_sessions
from lab_utils.local_aws.ministack_state import ItemSeam, ModuleSource
from lab_utils.local_aws.ministack_targets import mend_event_targets
from lab_utils.local_aws.ministack_timestream import SERVICE as TIMESTREAM
from lab_utils.local_aws.ministack_timestream import serve_timestream
from lab_utils.local_aws.ministack_writes import gather_writes
from lab_utils.local_aws.ports import LOOPBACK
from lab_utils.local_aws.rules.logging_options import PATHS as LOGGING_PATHS
from lab_utils.local_aws.rules.logging_options import LoggingOptions
from lab_utils.local_aws.server_settings import ServerSettings
from lab_utils.local_aws.state.changes import changes_resources
from lab_utils.local_aws.state.items import ItemJournal
from lab_utils.local_aws.timestream.service import Timestream
from lab_utils.settings import LOCAL_ACCESS_KEY, LOCAL_ACCOUNT, LOCAL_SECRET_KEY

DEVICE_HOST = "localhost"
"""What ``DescribeEndpoint`` answers: a name, as on AWS, that needs no name server.

Every published client takes it: mosquitto, paho and the AWS device SDKs resolve it themselves,
and all of them check it against the server certificate.
"""
_WORKER_THREADS = 64
_AS_THEY_ARE = Hosting()
_AT_ONCE, _EVENTS_AT_ONCE = "16", 4
"""Invocations at once of a server that encloses functions, and those of events among them."""
_ENDPOINTS = {
    "iot:Data-ATS": DEVICE_HOST,
    # AWS answers another host here, with a certificate of an older authority. One machine has
    # one broker, but another of its names shows who asked for the wrong one.
    "iot:Data": LOOPBACK,
    "iot:CredentialProvider": DEVICE_HOST,
}
_DEFAULT_ENDPOINT = "iot:Data"
"""AWS does not document which type a call without one means: this is our choice, the oldest."""


def prepare_environment(settings: ServerSettings, http_port: int, mqtt_port: int) -> None:
    """Set what ministack reads from the environment when it is imported.

    It takes its configuration from nowhere else. This process serves nothing but ministack, and
    its Lambda workers inherit the same.
    """
    for name in [n for n in os.environ if n.startswith(("AWS_", "IOT_", "LAMBDA_", "MINISTACK_"))]:
        del os.environ[name]
    os.environ.update(
        {
            "AUTH": "true",
            "AWS_ACCESS_KEY_ID": LOCAL_ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": LOCAL_SECRET_KEY,
            "AWS_DEFAULT_REGION": settings.region,
            "MINISTACK_ACCOUNT_ID": LOCAL_ACCOUNT,
            "MINISTACK_REGION": settings.region,
            "MINISTACK_HOST": DEVICE_HOST,
            "GATEWAY_PORT": str(http_port),
            "IOT_MTLS_PORT": str(mqtt_port),
            # The lab saves state itself, in a way that survives a kill.
            "PERSIST_STATE": "0",
            "STATE_DIR": str(settings.state_dir),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(settings.state_dir / "s3"),
            "SFTP_ENABLED": "0",
            "LAMBDA_EXECUTOR": "local",
            # A function without an end must not take all the processes that there may be.
            **({"LAMBDA_ACCOUNT_CONCURRENCY": _AT_ONCE} if settings.function_prefix else {}),
            # A Docker daemon of the machine is none of the lab's business.
            "DOCKER_HOST": f"unix://{settings.state_dir / 'no-docker.sock'}",
            "NO_PROXY": f"{LOOPBACK},localhost",
            "no_proxy": f"{LOOPBACK},localhost",
            "SERVICES": "",
        }
    )


class Ministack:
    """ministack in this process, with the lab's seams in place.

    Args:
        journal: Where changes of DynamoDB items are noted.
        clock: The lab's time; a part of the saved state.
        timestream: What serves Timestream, which ministack does not know.
        doors: Where Lambda functions reach it.
        kept_runtimes: Runtimes of Lambda that AWS has retired and the lab takes.
        hosting: How functions' processes are kept.
    """

    def __init__(
        self,
        journal: ItemJournal,
        clock: LabClock,
        timestream: Timestream,
        doors: Doors,
        kept_runtimes: tuple[str, ...] = (),
        hosting: Hosting = _AS_THEY_ARE,
    ) -> None:
        self._kept_runtimes = kept_runtimes
        self._clock = clock
        self._timestream = timestream
        self._modules = _import_wrapped()
        self._app: Any = self._modules["ministack.app"]
        self._iot: Any = self._modules["ministack.services.iot"]
        self._listeners: list[asyncio.AbstractServer] = []
        self.items = ItemSeam(self._modules, journal)
        self._mend_endpoint()
        self._mend_listener()
        self.rules = self._mend_rules()
        mend_sessions(self._iot)
        gather_writes(self._iot)
        keep_device_decisions(self._iot)
        mend_iot_registry(self._iot)
        mend_event_rules(self._modules["ministack.services.eventbridge"])
        mend_event_targets(self._modules, clock)
        at_once = _EVENTS_AT_ONCE if hosting.prefix else None
        mend_async_invocations(self._modules, clock, at_once)
        self._schedules = ScheduleSeam(self._modules, clock)
        self._functions = FunctionSeam(self._modules, clock, doors, hosting)
        self._mend_identity()
        self._schedules.watch(self._app.SERVICE_HANDLERS)
        self._app.SERVICE_HANDLERS[TIMESTREAM] = serve_timestream(self._modules, timestream)

    @property
    def app(self) -> AsgiApp:
        """The ASGI application."""
        app: AsgiApp = self._app.app
        return app

    def start_background(self) -> None:
        """Start what ministack's own start would: worker threads and the schedules."""
        loop = asyncio.get_running_loop()
        self._app._MAIN_LOOP = loop
        self.rules.start()
        loop.set_default_executor(ThreadPoolExecutor(_WORKER_THREADS, "ministack-worker"))
        self._schedules.start()

    def certificate_authority(self) -> bytes:
        """Return the certificate that devices trust, PEM; the first call makes it."""
        self._iot._mtls_ensure_server_cert()
        return str(self._iot.get_ca_cert_pem()).encode()

    def server_certificate(self, names: Iterable[str]) -> tuple[str, str]:
        """Return a certificate of the same authority for host names, and its key, both PEM."""
        sign = self._modules["ministack.core.x509_utils"].sign_leaf_certificate
        first, *others = names
        certificate, key, _public = sign(
            *self._iot._ensure_ca(), first, [first, *others], [LOOPBACK], key_type="ec256"
        )
        return str(certificate), str(key)

    async def listen_mqtt(self, bound: Iterable[Any]) -> None:
        """Serve MQTT over mutual TLS on sockets that are bound to the loopback interface."""
        loop, acceptor = asyncio.get_running_loop(), self._iot._MtlsAcceptor
        self._listeners = [await loop.create_server(acceptor, sock=one) for one in bound]

    async def stop_mqtt(self) -> None:
        """Close the listeners and every session."""
        for listener in self._listeners:
            listener.close()
        await self._iot.mtls_stop()

    async def stop_background(self) -> None:
        """Run no schedule, function or rule any more, and write the last log entries."""
        self._schedules.stop()
        self._functions.close()
        await self.rules.stop()

    def sources(self) -> Iterable[Any]:
        """Return what is to be saved: every service that was used, and the lab's own options."""
        loaded = (ModuleSource.of_loaded(self._modules, key) for key in self._app._state_map)
        return [*self._own_sources(), *(source for source in loaded if source is not None)]

    def source(self, name: str) -> Any | None:
        """Return a part of the state by its file's name, loading its service if need be."""
        for own in self._own_sources():
            if own.name == name:
                return own
        if name not in self._app._state_map:
            return None
        self._app._get_module(self._app._state_map[name])
        return ModuleSource.of_loaded(self._modules, name)

    def _own_sources(self) -> tuple[Any, ...]:
        """Return the lab's own parts of the saved state."""
        return (self._clock, self.rules.options)

    def save_changes_with(self, save: Callable[[str], Awaitable[None]]) -> None:
        """Let a request that changes resources be answered only after ``save(name)``."""
        keys: dict[str, list[str]] = {}
        for key, module in self._app._state_map.items():
            keys.setdefault(module, []).append(key)
        handlers: dict[str, Handler] = self._app.SERVICE_HANDLERS
        for service, handler in list(handlers.items()):
            if service == TIMESTREAM:
                continue  # It answers only once a change is on disk, whatever the change.
            names = keys.get(self._app.SERVICE_REGISTRY[service]["module"], [])
            handlers[service] = _saving(service, handler, names, save)

    def _mend_endpoint(self) -> None:
        """Seam: ministack answers a host with a port; AWS's answer is a host name alone."""
        original = self._iot._describe_endpoint

        def describe_endpoint(query: Mapping[str, str]) -> Any:
            host = _ENDPOINTS.get(query.get("endpointType", _DEFAULT_ENDPOINT))
            if host is None:
                return original(query)
            body = json.dumps({"endpointAddress": host}).encode()
            return 200, {"Content-Type": "application/json"}, body

        self._iot._describe_endpoint = describe_endpoint
        self._iot._endpoint_address = lambda _endpoint_type: DEVICE_HOST

    def _mend_listener(self) -> None:
        """Seam: ministack takes a client without a certificate; AWS does not."""
        original = self._iot._mtls_build_ssl_context

        def build_context() -> ssl.SSLContext:
            context: ssl.SSLContext = original()
            context.verify_mode = ssl.CERT_REQUIRED
            return context

        self._iot._mtls_build_ssl_context = build_context

    def _mend_identity(self) -> None:
        """Seam: ministack checks policies and the roles of functions less than AWS does."""
        modules = self._modules
        mend_iam(modules["ministack.services.iam"], modules["ministack.core.iam_evaluator"])
        name_denied_resources(modules["ministack.core.iam_actions"])
        handlers: dict[str, Handler] = self._app.SERVICE_HANDLERS
        served = self._functions.serve(handlers["lambda"])
        handlers["lambda"] = check_functions(served, modules, self._kept_runtimes)

    def _mend_rules(self) -> RuleSeam:
        """Seam: ministack knows a part of rule SQL, asks no role, and skips what it lacks.

        What is mended of sessions stands around this: a payload is too large before it is a
        rule's.
        """
        services = MinistackServices(self._modules, self._timestream)
        rules = RuleSeam(self._modules, services, self._clock)
        handlers: dict[str, Handler] = self._app.SERVICE_HANDLERS
        handlers["iot"] = rules.with_logging_options(handlers["iot"])
        return rules


def _saving(
    service: str, handler: Handler, names: list[str], save: Callable[[str], Awaitable[None]]
) -> Handler:
    async def handle(method: str, path: str, headers: Any, body: bytes, query: Any) -> Answer:
        response = await handler(method, path, headers, body, query)
        if response[0] < 400 and changes_resources(service, method, path, headers, body):
            own = [LoggingOptions.name] if path in LOGGING_PATHS else names
            for name in own:
                await save(name)
        return response

    return handle


def _import_wrapped() -> dict[str, ModuleType]:
    """Import the modules, and return them by name.

    They are imported here, not at the top of a file, because ministack reads its whole
    configuration from the environment while it is imported.

    Raises:
        TargetError: A name is missing; the message lists every one that is.
    """
    modules: dict[str, ModuleType] = {}
    missing: list[str] = []
    for module_name, names in WRAPPED_NAMES.items():
        try:
            modules[module_name] = importlib.import_module(module_name)
        except ImportError as error:
            missing.append(f"{module_name} ({error})")
            continue
        missing += [f"{module_name}.{n}" for n in names if not hasattr(modules[module_name], n)]
    session = getattr(modules.get("ministack.services.iot"), "_WSSession", None)
    missing += [f"_WSSession.{n}" for n in WRAPPED_SESSION_NAMES if not hasattr(session, n)]
    if missing:
        raise TargetError(
            "start the embedded AWS",
            "the ministack that is installed is not the one that the lab is built on; it lacks: "
            + ", ".join(missing),
            "install the pinned version again: `make run` does, or `pip install -r "
            "requirements.lock`.",
        )
    return modules

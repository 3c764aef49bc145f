"""boto3 clients for the providers: made at the first call, kept, and free of the machine's own
AWS configuration.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.config import Config

_MOST_CLIENTS = 100
"""Each role that a provider block assumes has a key of its own, and so clients of its own."""
_NOT_FROM_THE_MACHINE = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


@dataclass(frozen=True)
class Credentials:
    """A key pair, with a session token for temporary ones."""

    access_key: str
    secret_key: str
    token: str | None = None


class Clients:
    """The clients of one endpoint, one for each service, region and key.

    Args:
        endpoint_url: The embedded AWS.
    """

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._session: Any = None
        self._clients: OrderedDict[tuple[str, str, Credentials], Any] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def endpoint_url(self) -> str:
        """The endpoint that they all speak to."""
        return self._endpoint_url

    def get(self, service: str, region: str, credentials: Credentials) -> Any:
        """Return the boto3 client of a service in a region."""
        key = service, region, credentials
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._make(service, region, credentials)
            self._clients.move_to_end(key)
            if len(self._clients) > _MOST_CLIENTS:
                self._clients.popitem(last=False)
            return self._clients[key]

    def _make(self, service: str, region: str, credentials: Credentials) -> Any:
        if self._session is None:
            self._session = botocore.session.Session(session_vars=_NOT_FROM_THE_MACHINE)
        return self._session.create_client(
            service,
            region_name=region,
            endpoint_url=self._endpoint_url,
            aws_access_key_id=credentials.access_key,
            aws_secret_access_key=credentials.secret_key,
            aws_session_token=credentials.token,
            # A proxy entry for a scheme that no endpoint has keeps the machine's proxies out.
            config=Config(
                proxies={"none": ""},
                retries={"total_max_attempts": 2},
                connect_timeout=5,
                read_timeout=120,
                # Terraform's -parallelism is 10; several runs share these clients.
                max_pool_connections=50,
            ),
        )

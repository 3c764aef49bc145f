"""One embedded AWS for the whole run, in a workspace of its own."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from lab_utils.local_aws import control
from lab_utils.local_aws.session_file import Session
from lab_utils.settings import Settings, read_settings
from tests.integration.things import DeviceFolder, create_device

AwsClient = Callable[..., Any]


def client_of(session: Session, service: str, **credentials: str) -> Any:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", **credentials}
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=session.endpoint_url,
        region_name=session.region,
        config=Config(retries={"total_max_attempts": 1}, proxies={"none": ""}),
        **keys,
    )


@pytest.fixture(scope="session")
def aws_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of a workspace whose path has spaces and accents."""
    workspace = tmp_path_factory.mktemp("Étude à deux zones")
    (workspace / "terraform" / "files").mkdir(parents=True)
    return read_settings(workspace=workspace, environ={})


@pytest.fixture(scope="session")
def aws_session(aws_settings: Settings) -> Iterator[Session]:
    """The embedded AWS that all integration tests share."""
    session = control.start(aws_settings)
    yield session
    control.stop(aws_settings)


@pytest.fixture(scope="session")
def aws_client(aws_session: Session) -> AwsClient:
    """Makes a boto3 client of a service; it is root unless other keys are given."""

    def make(service: str, **credentials: str) -> Any:
        return client_of(aws_session, service, **credentials)

    return make


@pytest.fixture(scope="session")
def fast_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """An embedded AWS whose clock runs 120 times as fast: a minute of it is half a second."""
    settings = read_settings(workspace=tmp_path_factory.mktemp("fast"), environ={})
    yield control.start(settings, speed=120)
    control.stop(settings)


@pytest.fixture
def unique() -> Callable[[str], str]:
    """Makes a name that no other test uses."""
    return lambda stem: f"{stem}_{uuid.uuid4().hex[:8]}"


@pytest.fixture
def make_device(
    aws_client: AwsClient, tmp_path: Path, unique: Callable[[str], str]
) -> Callable[..., DeviceFolder]:
    """Makes a certificate with its files; a policy that allows everything unless one is given."""

    def make(
        statements: list[dict[str, Any]] | None = None, *, active: bool = True
    ) -> DeviceFolder:
        folder = tmp_path / unique("device")
        return create_device(aws_client("iot"), folder, unique("policy"), statements, active)

    return make


@pytest.fixture
def lab_workspace(tmp_path: Path) -> Iterator[Settings]:
    """A workspace of the test's own; whatever runs in it is stopped afterwards."""
    settings = read_settings(workspace=tmp_path / "workspace", environ={})
    yield settings
    control.stop(settings)

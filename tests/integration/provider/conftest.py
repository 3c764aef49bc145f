"""The providers of the shared embedded AWS, and Terraform folders to use them in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from lab_utils.local_aws.provider.server import ProviderServers, serve_providers
from lab_utils.local_aws.session_file import Session
from tests.integration.provider.lifecycle import Lead, Life, live
from tests.integration.provider.workspace import TerraformWorkspace

_EMPTY_PACKAGE = Path(__file__).parents[3] / "terraform" / "files" / "empty_package.zip"


@pytest.fixture(scope="session")
def providers(
    aws_session: Session, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ProviderServers]:
    """The providers, served in this process, on the shared embedded AWS."""
    servers = serve_providers(
        endpoint_url=aws_session.endpoint_url,
        region=aws_session.region,
        default_cwd=tmp_path_factory.mktemp("nowhere"),
        access_key="test",
        secret_key="test",
    )
    yield servers
    servers.stop()


@pytest.fixture
def terraform_workspace(
    providers: ProviderServers, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> Iterator[Callable[..., TerraformWorkspace]]:
    """Makes a Terraform folder with the given HCL, initialised.

    At its end no resource may have become other than planned: Terraform tolerates that from
    providers on the old SDK, so it would pass unseen.
    """

    def make(hcl: str, name: str = "work") -> TerraformWorkspace:
        folder = tmp_path / name
        folder.mkdir()
        workspace = TerraformWorkspace(folder, providers.reattach())
        workspace.write(hcl)
        workspace.init()
        return workspace

    yield make
    told = [one.getMessage() for one in caplog.get_records("call")]
    assert [one for one in told if "not as planned" in one] == []


@pytest.fixture
def lambda_workspace(
    terraform_workspace: Callable[..., TerraformWorkspace],
) -> Callable[[str], TerraformWorkspace]:
    """Makes a Terraform folder that has the practical's empty package."""

    def make(hcl: str) -> TerraformWorkspace:
        workspace = terraform_workspace(hcl)
        (workspace.folder / "files").mkdir()
        package = workspace.folder / "files" / "empty_package.zip"
        package.write_bytes(_EMPTY_PACKAGE.read_bytes())
        return workspace

    return make


@pytest.fixture
def lead(
    terraform_workspace: Callable[..., TerraformWorkspace], aws_client: Callable[..., Any]
) -> Lead:
    """Leads resources through their lives, in a folder of the test's own."""

    def lead_lives(
        lives: Mapping[str, Life], make: Callable[[str], TerraformWorkspace] | None = None
    ) -> None:
        live(lives, (make or terraform_workspace)(""), aws_client)

    return lead_lives

"""What the documented examples are run with: clients, a bench for rules, a place in Timestream."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from lab_utils.local_aws.session_file import Session
from tests.integration.conftest import AwsClient
from tests.integration.things import DeviceFolder, create_device, create_role
from tests.integration.vectors.bench import RuleBench
from tests.integration.vectors.timestream import Timestream


@pytest.fixture(scope="session")
def run_name() -> str:
    """A name that no other run of the examples uses."""
    return f"x{uuid.uuid4().hex[:6]}"


@pytest.fixture(scope="session")
def device(
    aws_client: AwsClient, tmp_path_factory: pytest.TempPathFactory, run_name: str
) -> DeviceFolder:
    """A certificate that may do everything."""
    folder = tmp_path_factory.mktemp("vectors") / "device"
    return create_device(aws_client("iot"), folder, f"{run_name}_policy")


@pytest.fixture(scope="session")
def republisher(aws_client: AwsClient, run_name: str) -> str:
    """The ARN of a role that may publish to every topic."""
    return create_role(aws_client("iam"), f"{run_name}_republisher", {"iot:Publish": "*"})


@pytest.fixture(scope="session")
def bench(
    aws_session: Session,
    aws_client: AwsClient,
    device: DeviceFolder,
    republisher: str,
    run_name: str,
) -> Iterator[RuleBench]:
    """Runs rules and shows what they republish."""
    iot, iot_data = aws_client("iot"), aws_client("iot-data")
    with RuleBench(aws_session, device, iot, iot_data, republisher, run_name) as made:
        yield made


@pytest.fixture(scope="session")
def unchecked_client(aws_session: Session) -> AwsClient:
    """Makes clients that send what botocore itself would refuse."""

    def make(service: str) -> Any:
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=aws_session.endpoint_url,
            region_name=aws_session.region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(
                retries={"total_max_attempts": 1},
                proxies={"none": ""},
                parameter_validation=False,
            ),
        )

    return make


@pytest.fixture(scope="session")
def timestream(aws_client: AwsClient, unchecked_client: AwsClient, run_name: str) -> Timestream:
    """A database of the run's own, and what is done in it."""
    write, query = unchecked_client("timestream-write"), aws_client("timestream-query")
    write.create_database(DatabaseName=run_name)
    return Timestream(write, query, run_name)

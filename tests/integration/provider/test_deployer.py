"""A user and a role that may only deploy one function: what their keys do, and what they do not."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lab_utils.local_aws.session_file import Session
from lab_utils.settings import CHECKOUT
from tests.integration.provider.deployer import ACCOUNT, deployers, function
from tests.integration.provider.functions import ROLE
from tests.integration.provider.lifecycle import is_there
from tests.integration.provider.workspace import TerraformWorkspace

USER = "gitlab"
OWN, OTHER = "deployer-own", "deployer-other"
HCL = (
    ROLE.replace("ROLE", "deployer-functions")
    + function("own", OWN)
    + function("other", OTHER)
    + deployers(USER)
)


@dataclass(frozen=True)
class Deployer:
    """The keys of the user and of a session of the role, on the embedded AWS."""

    session: Session
    workspace: TerraformWorkspace
    user: dict[str, str]
    role: dict[str, str]

    def client(self, service: str, keys: dict[str, str]) -> Any:
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.session.endpoint_url,
            region_name=self.session.region,
            **keys,
        )

    def script(self, name: str, package: Path) -> subprocess.CompletedProcess[str]:
        """Run ci/deploy_lambda.sh as GitLab's job does: with the user's key in the environment."""
        return subprocess.run(
            ["bash", str(CHECKOUT / "ci" / "deploy_lambda.sh"), name, str(package)],
            env={
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "AWS_ENDPOINT_URL": self.session.endpoint_url,
                "AWS_DEFAULT_REGION": self.session.region,
                **{key.upper(): value for key, value in self.user.items()},
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def deployer(
    lambda_workspace: Callable[[str], TerraformWorkspace],
    aws_session: Session,
    aws_client: Callable[..., Any],
) -> Iterator[Deployer]:
    """The user and the role, made by Terraform."""
    workspace = lambda_workspace(HCL)
    workspace.apply()
    assert workspace.plan() == {}
    told = workspace.outputs()
    user = {"aws_access_key_id": told["key_id"], "aws_secret_access_key": told["secret"]}
    session = aws_client("sts").assume_role(RoleArn=told["role"], RoleSessionName="job")
    temporary = session["Credentials"]
    role = {
        "aws_access_key_id": temporary["AccessKeyId"],
        "aws_secret_access_key": temporary["SecretAccessKey"],
        "aws_session_token": temporary["SessionToken"],
    }
    yield Deployer(aws_session, workspace, user, role)
    workspace.destroy()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package other than the one that the functions have."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("ac_control_lambda.py", "def lambda_handler(event, context): return 5\n")
    path = tmp_path / "package.zip"
    path.write_bytes(content.getvalue())
    return path


def refusal(call: Callable[..., Any], **arguments: Any) -> tuple[str, str]:
    """Return code and message of a call's error."""
    with pytest.raises(ClientError) as failure:
        call(**arguments)
    error = failure.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_deployer_deploys_its_function_and_nothing_else(
    deployer: Deployer, aws_client: Callable[..., Any], package: Path
) -> None:
    functions, zipped = aws_client("lambda"), package.read_bytes()
    before = code_of(functions, OWN)
    deploys_with_the_script(deployer, functions, package)
    assert code_of(functions, OWN) != before
    principals = (
        (deployer.user, f"arn:aws:iam::{ACCOUNT}:user/{USER}"),
        (deployer.role, f"arn:aws:sts::{ACCOUNT}:assumed-role/{USER}-role/job"),
    )
    for keys, arn in principals:
        own = deployer.client("lambda", keys)
        told = own.update_function_code(FunctionName=OWN, ZipFile=zipped)
        assert told["CodeSha256"] == code_of(functions, OWN)
        is_denied_all_else(deployer, keys, arn, zipped)
    loses_its_key(deployer, aws_client("iam"), package)
    deployer.workspace.destroy()
    for call, name in (
        ("get_user", {"UserName": USER}),
        ("get_role", {"RoleName": f"{USER}-role"}),
    ):
        assert not is_there(getattr(aws_client("iam"), call), **name)


def code_of(functions: Any, name: str) -> str:
    return str(functions.get_function_configuration(FunctionName=name)["CodeSha256"])


def deploys_with_the_script(deployer: Deployer, functions: Any, package: Path) -> None:
    done = deployer.script(OWN, package)
    assert done.returncode == 0, done.stderr
    assert f"{OWN}: handed over, CodeSha256 {code_of(functions, OWN)}" in done.stdout
    done = deployer.script(OTHER, package)
    assert done.returncode == 1
    assert denied("lambda:UpdateFunctionCode", f"user/{USER}", OTHER) in done.stderr
    assert "allow the user lambda:UpdateFunctionCode on this function." in done.stderr


def denied(action: str, who: str, name: str) -> str:
    """Return AWS's words for an action on a function that no policy allows."""
    return (
        f"{who} is not authorized to perform: {action} on resource: "
        f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:{name} "
        f"because no identity-based policy allows the {action} action"
    )


def is_denied_all_else(deployer: Deployer, keys: dict[str, str], arn: str, zipped: bytes) -> None:
    functions = deployer.client("lambda", keys)
    for call, action, name, more in (
        (functions.update_function_code, "UpdateFunctionCode", OTHER, {"ZipFile": zipped}),
        (functions.get_function, "GetFunction", OWN, {}),
        (functions.get_function_configuration, "GetFunctionConfiguration", OWN, {}),
        (functions.update_function_configuration, "UpdateFunctionConfiguration", OWN, {}),
        (functions.delete_function, "DeleteFunction", OWN, {}),
        (functions.invoke, "InvokeFunction", OWN, {}),
    ):
        code, message = refusal(call, FunctionName=name, **more)
        assert code == "AccessDeniedException"
        assert message == f"User: {denied(f'lambda:{action}', arn, name)}"
    for service, operation, code in (
        ("iam", "list_users", "AccessDenied"),
        ("s3", "list_buckets", "AccessDenied"),
        ("dynamodb", "list_tables", "AccessDeniedException"),
        ("iot", "list_things", "AccessDeniedException"),
    ):
        told = refusal(getattr(deployer.client(service, keys), operation))
        assert told[0] == code
        assert re.search(rf"{arn} is not authorized to perform: \w+:\w+", told[1]), told


def loses_its_key(deployer: Deployer, iam: Any, package: Path) -> None:
    """A key that is inactive, and one that is gone, are refused in AWS's words."""
    key = deployer.user["aws_access_key_id"]
    iam.update_access_key(UserName=USER, AccessKeyId=key, Status="Inactive")
    assert deployer.workspace.plan()["aws_iam_access_key.gitlab_deployer"].actions == ["update"]
    is_unknown(deployer, package)
    deployer.workspace.apply()
    assert deployer.script(OWN, package).returncode == 0
    iam.delete_access_key(UserName=USER, AccessKeyId=key)
    is_unknown(deployer, package)


def is_unknown(deployer: Deployer, package: Path) -> None:
    invalid = "The security token included in the request is invalid."
    for service, operation, code in (
        ("lambda", "list_functions", "UnrecognizedClientException"),
        ("iam", "list_users", "InvalidClientTokenId"),
        ("sts", "get_caller_identity", "InvalidClientTokenId"),
    ):
        client = deployer.client(service, deployer.user)
        told = refusal(getattr(client, operation))
        assert told == (code, invalid), service
    done = deployer.script(OWN, package)
    assert done.returncode == 1
    assert invalid in done.stderr
    assert "AWS does not accept the access key: it is wrong, deleted or expired." in done.stderr

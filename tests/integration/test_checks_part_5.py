"""The checks of part 5 that look at AWS: who may deploy, and what a run of the pipeline deploys.

One embedded AWS and one function; a test makes its own user, and the next one finds none.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from lab_utils.checks.base import CheckContext, Result, run_check
from lab_utils.checks.catalogue import ALL_CHECKS, run_part
from lab_utils.errors import PipelineError
from lab_utils.pipeline.pipeline import Pipeline
from lab_utils.pipeline.runs import JobRun, PipelineRun
from lab_utils.settings import read_settings
from tests.integration.air_conditioning import package, workbook_package
from tests.integration.solutions import Solution, failed, part4_solution
from tests.integration.things import create_role
from tests.unit.pipeline.repositories import write_practical

ACCOUNT = "123456789012"
FUNCTIONS = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function"
UPDATE = "lambda:UpdateFunctionCode"
FULL_ACCESS = "arn:aws:iam::aws:policy/AWSLambda_FullAccess"


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Solution]:
    """A right solution of parts 3 and 4 in an embedded AWS of its own."""
    with part4_solution(tmp_path_factory.mktemp("part 5")) as solution:
        yield solution


class Deployers:
    """Makes users for a test, and removes them."""

    def __init__(self, work: Solution) -> None:
        self.work, self.iam = work, work.iam
        self.arn = f"{FUNCTIONS}:{work.function_name}"

    def add_user(self, *statements: dict[str, Any], name: str = "gitlab", path: str = "/") -> str:
        """Return the name of a new user with a key and, if statements are given, a policy."""
        self.iam.create_user(UserName=name, Path=path)
        self.iam.create_access_key(UserName=name)
        if statements:
            policy = document(*statements)
            self.iam.put_user_policy(UserName=name, PolicyName="deploy", PolicyDocument=policy)
        return name

    def attach(self, name: str, *statements: dict[str, Any]) -> str:
        """Return the ARN of a new managed policy."""
        made = self.iam.create_policy(PolicyName=name, PolicyDocument=document(*statements))
        return str(made["Policy"]["Arn"])

    def check(self) -> Result:
        return self.work.check("part5-deployer")

    def failed(self) -> Result:
        return failed(self.work, "part5-deployer")

    def clear(self) -> None:
        for user in self.iam.list_users()["Users"]:
            remove_user(self.iam, user["UserName"])
        for group in self.iam.list_groups()["Groups"]:
            remove_group(self.iam, group["GroupName"])
        for policy in self.iam.list_policies(Scope="Local")["Policies"]:
            self.iam.delete_policy(PolicyArn=policy["Arn"])


def remove_user(iam: Any, name: str) -> None:
    for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    for policy in iam.list_user_policies(UserName=name)["PolicyNames"]:
        iam.delete_user_policy(UserName=name, PolicyName=policy)
    for policy in iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]:
        iam.detach_user_policy(UserName=name, PolicyArn=policy["PolicyArn"])
    for group in iam.list_groups_for_user(UserName=name)["Groups"]:
        iam.remove_user_from_group(UserName=name, GroupName=group["GroupName"])
    iam.delete_user(UserName=name)


def remove_group(iam: Any, name: str) -> None:
    for policy in iam.list_group_policies(GroupName=name)["PolicyNames"]:
        iam.delete_group_policy(GroupName=name, PolicyName=policy)
    for policy in iam.list_attached_group_policies(GroupName=name)["AttachedPolicies"]:
        iam.detach_group_policy(GroupName=name, PolicyArn=policy["PolicyArn"])
    iam.delete_group(GroupName=name)


def allow(action: Any, resource: Any, effect: str = "Allow") -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def deployers(work: Solution) -> Iterator[Deployers]:
    made = Deployers(work)
    yield made
    made.clear()


def test_a_user_who_may_only_deploy_passes_without_a_remark(deployers: Deployers) -> None:
    deployers.add_user(allow(UPDATE, deployers.arn), path="/ci/")
    result = deployers.check()
    assert (result.status, result.hint) == ("passed", ""), result
    assert "the user gitlab may change the code" in result.seen


def test_a_user_may_also_ask_whether_it_is_done(deployers: Deployers) -> None:
    known = ["lambda:GetFunction", "lambda:GetFunctionConfiguration", "sts:GetCallerIdentity"]
    deployers.add_user(allow(UPDATE, deployers.arn), allow([*known, "lambda:List*"], "*"))
    assert (deployers.check().status, deployers.check().hint) == ("passed", "")


def test_without_a_user_it_is_said_what_is_missing(deployers: Deployers) -> None:
    assert "the users: none" in deployers.failed().seen
    deployers.add_user(allow("lambda:GetFunction", "*"))
    assert "no role may lambda:UpdateFunctionCode" in deployers.failed().seen
    assert "the users: gitlab" in deployers.failed().seen


def test_the_practicals_full_access_is_too_much(deployers: Deployers) -> None:
    deployers.iam.attach_user_policy(UserName=deployers.add_user(), PolicyArn=FULL_ACCESS)
    result = deployers.failed()
    assert "may deploy, and also lambda:UpdateFunctionCode on any other function" in result.seen
    assert "AWSLambda_FullAccess is what the practical names" in result.hint


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (allow("lambda:*", "THE FUNCTION"), "lambda:DeleteFunction on "),
        (allow(UPDATE, "*"), "lambda:UpdateFunctionCode on any other function"),
        (allow(UPDATE, f"{FUNCTIONS}:other_one"), f"{UPDATE} on {FUNCTIONS}:other_one"),
        (allow("s3:*", "arn:aws:s3:::bucket/*"), "s3:GetObject on arn:aws:s3:::bucket/x"),
        (allow("iam:*", "*"), "iam:PassRole on everything"),
        (allow("ecr:GetAuthorizationToken", "*"), "ecr:GetAuthorizationToken on everything"),
        (allow("kms:*", "*"), "kms:* on *"),
        (allow("iot:Publish", f"arn:aws:iot:eu-west-1:{ACCOUNT}:topic/AC/*"), "iot:Publish on arn"),
        (
            {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
            "s3:GetObject on everything, iot",
        ),
    ],
)
def test_whoever_may_do_more_is_told_what(
    deployers: Deployers, more: dict[str, Any], told: str
) -> None:
    more = {**more, "Resource": str(more["Resource"]).replace("THE FUNCTION", deployers.arn)}
    deployers.add_user(allow(UPDATE, deployers.arn), more)
    assert told in deployers.failed().seen


def test_a_denial_and_a_boundary_count_as_iam_counts_them(deployers: Deployers) -> None:
    everything = allow("*", "*")
    deployers.add_user(everything)
    assert "and also" in deployers.failed().seen
    limit = deployers.attach("limit", allow(UPDATE, deployers.arn))
    deployers.iam.put_user_permissions_boundary(UserName="gitlab", PermissionsBoundary=limit)
    assert deployers.check().status == "passed"
    deployers.add_user(allow(UPDATE, deployers.arn, "Deny"), everything, name="denied")
    assert "the user gitlab" in deployers.check().seen
    deployers.iam.delete_user_permissions_boundary(UserName="gitlab")
    assert "the user gitlab may deploy, and also" in deployers.failed().seen


def test_groups_and_managed_policies_count(deployers: Deployers) -> None:
    deployers.add_user()
    deployers.iam.create_group(GroupName="deployers")
    deployers.iam.add_user_to_group(GroupName="deployers", UserName="gitlab")
    policy = deployers.attach("deploy", allow(UPDATE, deployers.arn))
    deployers.iam.attach_group_policy(GroupName="deployers", PolicyArn=policy)
    assert deployers.check().status == "passed"
    deployers.iam.put_group_policy(
        GroupName="deployers", PolicyName="more", PolicyDocument=document(allow("sqs:Send*", "*"))
    )
    assert "sqs:Send* on *" in deployers.failed().seen


def test_of_several_the_limited_one_counts(deployers: Deployers) -> None:
    deployers.add_user(allow("*", "*"), name="administrator")
    deployers.add_user(allow(UPDATE, deployers.arn))
    assert "the user gitlab" in deployers.check().seen


def test_the_simulator_knows_whom_it_is_asked_for_and_decides_on_each_resource(
    deployers: Deployers,
) -> None:
    ask = deployers.iam.simulate_principal_policy
    deployers.add_user(allow(UPDATE, deployers.arn), path="/ci/")
    user = f"arn:aws:iam::{ACCOUNT}:user"
    told = ask(
        PolicySourceArn=f"{user}/ci/gitlab",
        ActionNames=[UPDATE, "s3:GetObject"],
        ResourceArns=[deployers.arn, f"{FUNCTIONS}:other"],
    )
    found = [one["EvalDecision"] for one in told["EvaluationResults"]]
    assert found == ["allowed", *["implicitDeny"] * 3]
    with pytest.raises(ClientError, match="user with name nobody cannot be found"):
        ask(PolicySourceArn=f"{user}/nobody", ActionNames=[UPDATE])
    with pytest.raises(ClientError, match="does not clearly define entity type"):
        ask(PolicySourceArn=deployers.arn, ActionNames=[UPDATE])


def test_what_could_be_tighter_is_remarked_upon(deployers: Deployers) -> None:
    own = allow([UPDATE, "lambda:InvokeFunction"], f"{deployers.arn}*")
    deployers.add_user(own)
    [key] = deployers.iam.list_access_keys(UserName="gitlab")["AccessKeyMetadata"]
    deployers.iam.delete_access_key(UserName="gitlab", AccessKeyId=key["AccessKeyId"])
    result = deployers.check()
    assert result.status == "passed", result
    for words in ("ends in *", "may also invoke", "has no access key yet"):
        assert words in result.hint


def test_a_role_for_gitlabs_tokens_passes_and_one_for_a_service_does_not(
    deployers: Deployers,
) -> None:
    actions = {UPDATE: deployers.arn}
    create_role(deployers.iam, "of-a-service", actions, {"Service": "codebuild.amazonaws.com"})
    assert "no user and no role" in deployers.failed().seen
    gitlab = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    create_role(deployers.iam, "of-a-pipeline", actions, gitlab)
    result = deployers.check()
    for name in ("of-a-service", "of-a-pipeline"):
        deployers.iam.delete_role_policy(RoleName=name, PolicyName="actions")
        deployers.iam.delete_role(RoleName=name)
    assert "the role of-a-pipeline may" in result.seen


class FakePipeline:
    """A pipeline that was written in Python: what it packs, and what it does with it."""

    def __init__(
        self,
        folder: Path,
        code: bytes = b"",
        deploy: Callable[[bytes], object] = bytes,
        failed_job: str = "",
    ) -> None:
        self.artifact = folder / "lambda.zip"
        self.code, self.deploy, self.failed_job = code, deploy, failed_job
        self.runs: list[PipelineRun] = []
        self.files = "these files"
        self.variables: dict[str, str] = {}

    def tree(self) -> str:
        return self.files

    def last_run(self, *, deployed: bool) -> PipelineRun | None:
        assert deployed
        return self.runs[-1] if self.runs else None

    def run(self, *, variables: dict[str, str]) -> PipelineRun:
        self.variables = variables
        self.artifact.write_bytes(self.code)
        log = f"$ ./ci/deploy_lambda.sh\n{self.deploy(self.code)}\n"
        jobs = [
            JobRun("package", "package", "passed", 1.0, ""),
            JobRun("deploy", "deploy", "failed" if self.failed_job else "passed", 2.0, log),
        ]
        if self.failed_job:
            jobs[1] = replace(jobs[1], log=self.failed_job, command="aws lambda", exit_code=254)
        run = PipelineRun(tuple(jobs), not self.failed_job, 3.0, (self.artifact,), tree=self.files)
        self.runs.append(run)
        return run


NEW = "def lambda_handler(event, context):\n    return 'from the pipeline'\n"


@pytest.fixture
def make_pipeline(work: Solution, tmp_path: Path) -> Iterator[Callable[..., FakePipeline]]:
    """Makes pipelines; the function has the workbook's code before and after."""
    yield functools.partial(FakePipeline, tmp_path)
    work.deploy(workbook_package())


def context_with(work: Solution, pipeline: FakePipeline | Pipeline) -> CheckContext:
    return replace(work.context, memory={}, pipeline=lambda: cast(Pipeline, pipeline))


def check_green(context: CheckContext) -> Result:
    return run_check(next(one for one in ALL_CHECKS if one.id == "part5-green"), context)


def sha256_of(work: Solution) -> str:
    return str(work.function()["CodeSha256"])


def deploy_to(work: Solution) -> Callable[[bytes], object]:
    def deploy(code: bytes) -> object:
        work.deploy(code)
        return f"deployed, CodeSha256 {sha256_of(work)}"

    return deploy


def test_a_pipeline_that_deploys_its_artifact_passes_and_is_not_run_twice(
    work: Solution, make_pipeline: Callable[..., FakePipeline]
) -> None:
    pipeline = make_pipeline(package(NEW), deploy_to(work))
    context = context_with(work, pipeline)
    result = check_green(context)
    assert (result.status, result.earned) == ("passed", 3), result
    assert "green (package, deploy)" in result.seen
    assert sha256_of(work) in pipeline.runs[0].code_sha256.values()
    assert check_green(context).status == "passed"
    assert check_green(context_with(work, pipeline)).status == "passed"
    assert len(pipeline.runs) == 1
    pipeline.files = "other files"
    assert check_green(context).status == "passed"
    work.deploy(workbook_package())
    assert check_green(context).status == "passed"
    assert len(pipeline.runs) == 3


def test_a_green_pipeline_that_deploys_nothing_is_caught_and_the_code_put_back(
    work: Solution, make_pipeline: Callable[..., FakePipeline]
) -> None:
    before = sha256_of(work)
    pipeline = make_pipeline(workbook_package())
    pipeline.run(variables={})
    result = check_green(context_with(work, pipeline))
    assert (result.status, len(pipeline.runs)) == ("failed", 2)
    assert "has the code that it had before the run" in result.seen
    assert "update-function-code" in result.hint
    assert sha256_of(work) == before


def test_the_deployers_key_is_used_where_terraform_tells_it(
    work: Solution, make_pipeline: Callable[..., FakePipeline]
) -> None:
    pipeline = make_pipeline(b"PK", failed_job="it is not about this")
    outputs = {"deployer_access_key_id": "AKIA", "deployer_secret_access_key": "secret"}
    check_green(replace(context_with(work, pipeline), outputs=outputs))
    assert pipeline.variables == {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "secret"}
    check_green(replace(context_with(work, pipeline), outputs={"deployer_access_key_id": "AKIA"}))
    assert pipeline.variables == {}


def test_a_red_job_is_told_with_the_end_of_its_log(
    work: Solution, make_pipeline: Callable[..., FakePipeline]
) -> None:
    before = sha256_of(work)
    log = "\n".join(["$ aws lambda", *(f"line {number}" for number in range(9)), "AccessDenied"])
    result = check_green(context_with(work, make_pipeline(b"PK", failed_job=log)))
    assert result.status == "failed"
    assert result.seen.startswith("deploy: failed with exit code 254")
    assert result.seen.endswith("line 8\n    AccessDenied")
    assert "line 3" not in result.seen
    assert sha256_of(work) == before


@pytest.mark.parametrize(
    ("packed", "deployed", "seen"),
    [
        (package(NEW), package("x = 1"), "but the artifacts are: lambda.zip"),
        (package(NEW, "main"), package(NEW, "main"), "has no module in it: main.py"),
    ],
)
def test_other_code_than_the_functions_artifact_is_caught(
    work: Solution,
    make_pipeline: Callable[..., FakePipeline],
    packed: bytes,
    deployed: bytes,
    seen: str,
) -> None:
    before = sha256_of(work)
    pipeline = make_pipeline(packed, lambda _code: work.deploy(deployed))
    result = check_green(context_with(work, pipeline))
    assert (result.status, result.earned) == ("failed", 0)
    assert seen in result.seen
    assert sha256_of(work) == before


def test_a_pipeline_that_cannot_run_leaves_the_code_as_it_was(
    work: Solution, make_pipeline: Callable[..., FakePipeline]
) -> None:
    def fail(_code: bytes) -> object:
        raise PipelineError("run it", "There is no Node.js.", "lab pipeline install")

    before = sha256_of(work)
    result = check_green(context_with(work, make_pipeline(b"PK", fail)))
    assert (result.seen, result.hint) == ("There is no Node.js.", "lab pipeline install")
    assert sha256_of(work) == before


FILES = {
    ".gitlab-ci.yml": """
image: "lambci/lambda:build-python3.7"
before_script:
  - pip install pytest
stages:
  - test
  - package
  - deploy
pytest:
  stage: test
  script:
    - pytest ac_control_lambda/tests -vv
package lambda:
  stage: package
  script:
    - ./bin/package_lambda.sh
  artifacts:
    paths:
      - "*.zip"
deploy lambda:
  stage: deploy
  needs: ["package lambda"]
  script:
    - ./bin/deploy_lambda.sh
  only:
    - main
""",
    "bin/package_lambda.sh": """#!/bin/bash
set -e
cd ac_control_lambda/src
zip -r ../../ac_control_lambda.zip .
""",
    "bin/deploy_lambda.sh": """#!/bin/bash
aws lambda update-function-code --function-name FUNCTION --zip-file fileb://ac_control_lambda.zip
""",
    "ac_control_lambda/src/ac_control_lambda.py": """
def lambda_handler(event, context):
    return decide(event["mean"])


def decide(mean):
    if mean > 35:
        return True
    if mean < 20:
        return False
""",
    "ac_control_lambda/tests/test_decide.py": """
import sys
sys.path.append("ac_control_lambda/src")
from ac_control_lambda import decide


def test_decide():
    assert [decide(mean) for mean in (35.5, 35, 20, 19.5)] == [True, None, None, False]
""",
}
"""The practical's own repository, by an author who took it word for word."""


def test_the_practicals_own_repository_earns_all_points_by_a_real_run(
    work: Solution, deployers: Deployers, tmp_path: Path
) -> None:
    files = {name: text.replace("FUNCTION", work.function_name) for name, text in FILES.items()}
    write_practical(tmp_path, files={"ac_control_lambda/tests/test_it.py": None, **files})
    deployers.add_user(allow(UPDATE, deployers.arn))
    said: list[str] = []
    settings = read_settings(workspace=tmp_path, environ={})
    pipeline = Pipeline(settings, lambda: variables_of(work), said.append)
    report = run_part(replace(context_with(work, pipeline), workspace=tmp_path), 5)
    work.deploy(workbook_package())
    assert (report.earned, report.points) == (15, 15), report.to_text() + "\n".join(said)
    remarks = {result.id: result.hint for result in report.checks if result.hint}
    assert set(remarks) == {"part5-pipeline"}
    assert "lambci" in remarks["part5-pipeline"]


def variables_of(work: Solution) -> dict[str, str]:
    """Return what leads a program to the embedded AWS."""
    return {
        "AWS_ENDPOINT_URL": work.session.endpoint_url,
        "AWS_DEFAULT_REGION": work.session.region,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


def test_without_a_function_the_way_on_is_told(work: Solution) -> None:
    function = work.function()
    work.functions.delete_function(FunctionName=work.function_name)
    found = [failed(work, f"part5-{name}") for name in ("deployer", "green")]
    work.functions.create_function(
        FunctionName=work.function_name,
        Role=function["Role"],
        Runtime=function["Runtime"],
        Handler=function["Handler"],
        Code={"ZipFile": workbook_package()},
        Timeout=function["Timeout"],
    )
    assert {one.hint for one in found} == {"first part4-function."}

"""The checks of part 5 that need no AWS: the pipeline file, the student's own tests."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
from botocore.stub import Stubber

from lab_utils.checks.base import CheckContext, Result, run_check
from lab_utils.checks.catalogue import ALL_CHECKS
from lab_utils.checks.deployers import Deployer, find_excess
from lab_utils.checks.functions import Function
from lab_utils.mutants import TestScore, scoring
from lab_utils.mutants.catalogue import choose
from lab_utils.pipeline.pipeline import Pipeline
from lab_utils.pipeline.report import LintReport
from lab_utils.settings import CHECKOUT, read_settings

REFERENCE = (CHECKOUT / "ci" / "lambda.gitlab-ci.yml").read_text(encoding="utf-8")
PRACTICAL = """
image: "lambci/lambda:build-python3.7"
before_script:
  - pip install pytest
stages: [test, package, deploy]
pytest:
  stage: test
  script:
    - pytest ac_control_lambda/tests -vv
package:
  stage: package
  script:
    - ./bin/package_lambda.sh
  artifacts:
    paths:
      - ac_control_lambda.zip
deploy:
  stage: deploy
  script:
    - ./bin/deploy_lambda.sh
  only: [main]
"""
PACKAGE_SH = "#!/bin/sh\ncd ac_control_lambda/src && zip -r ../../ac_control_lambda.zip .\n"
DEPLOY_SH = (
    "aws lambda update-function-code --function-name ac_control_lambda "
    "--zip-file fileb://ac_control_lambda.zip\n"
)
SECRET = "kT9/" * 10
HANDLER = "def lambda_handler(event, context):\n    return 30 > 35\n"


FILE_CHECKS = ("pipeline", "artifact", "deploy-job")


def no_client(service: str) -> Any:
    raise AssertionError(service)


@pytest.fixture
def context(tmp_path: Path) -> CheckContext:
    """What the checks see of a workspace in the workbook's form."""
    shutil.copytree(CHECKOUT / "ci", tmp_path / "ci")
    shutil.copytree(CHECKOUT / "lambda", tmp_path / "lambda")
    return context_of(tmp_path)


def context_of(workspace: Path) -> CheckContext:
    settings = read_settings(workspace=workspace, environ={})
    said: list[str] = []
    return CheckContext(
        client=no_client,
        outputs={},
        device=no_client,
        workspace=workspace,
        pipeline=lambda: Pipeline(settings, dict, said.append),
    )


def check(context: CheckContext, name: str) -> Result:
    return run_check(next(one for one in ALL_CHECKS if one.id == f"part5-{name}"), context)


class LookedAtOnce:
    """A pipeline whose file is read once for several checks."""

    def __init__(self, context: CheckContext) -> None:
        self._found = context.pipeline().lint(report=lambda _line: None)

    def lint(self, *, report: object) -> LintReport:
        assert callable(report)
        return self._found


def check_file(context: CheckContext) -> dict[str, Result]:
    """Return the results of the checks of the pipeline file."""
    once = cast(Pipeline, LookedAtOnce(context))
    seen = replace(context, pipeline=lambda: once)
    return {name: check(seen, name) for name in FILE_CHECKS}


def failed(context: CheckContext, name: str) -> Result:
    return assert_failed(check(context, name))


def assert_failed(result: Result) -> Result:
    assert (result.status, result.earned) == ("failed", 0), result
    assert result.seen
    assert result.wanted
    assert result.hint
    return result


def write(context: CheckContext, text: str, name: str = "ci/lambda.gitlab-ci.yml") -> None:
    path = context.require_workspace() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def changed(old: str, new: str) -> str:
    assert old in REFERENCE
    return REFERENCE.replace(old, new)


def test_the_workbooks_pipeline_passes_without_a_remark(context: CheckContext) -> None:
    results = check_file(context)
    found = {(result.status, result.hint) for result in results.values()}
    assert found == {("passed", "")}, results


@pytest.mark.parametrize("name", FILE_CHECKS)
def test_without_a_file_it_is_said_where_it_belongs(context: CheckContext, name: str) -> None:
    (context.require_workspace() / "ci" / "lambda.gitlab-ci.yml").unlink()
    assert "ci/lambda.gitlab-ci.yml" in failed(context, name).seen


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("stages: [test", {"pipeline", "artifact", "deploy-job"}),
        (changed("script:", "scripts:"), {"pipeline", "artifact", "deploy-job"}),
        (changed("image: python:3.13", ""), {"pipeline"}),
        (changed("  - pip install pytest", "  - echo pytest"), {"pipeline"}),
        (changed("[test, package, deploy]", "[package, test, deploy]"), {"pipeline"}),
        (changed("build/ac_control_lambda.zip", "dist/lambda.zip"), {"artifact"}),
        (changed("  rules:", "  dependencies: []\n  rules:"), {"artifact"}),
        (changed("$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH", "$CI_COMMIT_BRANCH"), {"deploy-job"}),
        (f"variables:\n  AWS_SECRET_ACCESS_KEY: {SECRET}\n{REFERENCE}", {"deploy-job"}),
    ],
)
def test_what_is_wrong_loses_the_check_that_is_about_it(
    context: CheckContext, text: str, lost: set[str]
) -> None:
    write(context, text)
    results = check_file(context)
    assert {name for name, result in results.items() if result.status == "failed"} == lost
    for name in lost:
        assert_failed(results[name])


@pytest.mark.parametrize(
    "text",
    [
        changed("test:\n  stage", "unit tests:\n  stage").replace(
            "deploy:\n  stage", "ship:\n  stage"
        ),
        changed("build/ac_control_lambda.zip", "build/*.zip"),
        changed("      - build/ac_control_lambda.zip", "      - build/"),
        changed("  rules:", "  needs: [package]\n  rules:"),
        changed("  rules:", "  when: manual\n  only: [main]\n#").replace("#\n    - if", "#  - if"),
        changed(
            "  rules:\n    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH", "  only:\n    - main"
        ),
    ],
)
def test_what_others_write_otherwise_passes(context: CheckContext, text: str) -> None:
    write(context, text)
    results = check_file(context)
    assert {result.status for result in results.values()} == {"passed"}, results


@pytest.fixture
def repository(tmp_path: Path) -> CheckContext:
    """The practical's own repository, with a pipeline as it asks for."""
    context = context_of(tmp_path)
    write(context, PRACTICAL, ".gitlab-ci.yml")
    write(context, PACKAGE_SH, "bin/package_lambda.sh")
    write(context, DEPLOY_SH, "bin/deploy_lambda.sh")
    write(context, HANDLER, "ac_control_lambda/src/ac_control_lambda.py")
    return context


def test_the_practicals_own_repository_passes_with_a_word_on_its_image(
    repository: CheckContext,
) -> None:
    results = check_file(repository)
    assert {result.status for result in results.values()} == {"passed"}, results
    assert "lambci" in results["pipeline"].hint


def test_in_the_practicals_repository_all_tests_count(repository: CheckContext) -> None:
    test = "from ac_control_lambda import lambda_handler as f\ndef test_it():\n    assert f(1, 2)\n"
    assert "there are no tests" in failed(repository, "tests").seen
    write(repository, test, "ac_control_lambda/tests/test_it.py")
    assert "test_it fails, with assert" in failed(repository, "tests").seen


OWN = "lambda/ac_control_lambda/tests/test_own.py"
SOME = """
from decision import decide

def test_hot_and_cold():
    assert decide(36.5) is True
    assert decide(18) is False
    assert decide(27) is None
    assert decide(None) is None
"""


def test_the_given_tests_earn_nothing(context: CheckContext) -> None:
    result = failed(context, "tests")
    assert "test_own.py: the given tests are not yours" in result.seen
    write(context, "from decision import decide\n", OWN)
    assert "no test ran" in failed(context, "tests").seen


def test_a_part_of_the_mutants_earns_a_part_and_names_survivors(
    context: CheckContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "choose", lambda mutants, _most: choose(mutants, 6))
    write(context, SOME, OWN)
    result = check(context, "tests")
    assert (result.status, result.earned) == ("failed", 1), result
    assert "decision.py:" in result.seen
    assert "became" in result.seen
    assert "write a test for each" in result.hint


@pytest.mark.parametrize(
    ("caught", "earned"), [(25, 3), (23, 3), (22, 2), (15, 2), (14, 1), (8, 1), (7, 0), (0, 0)]
)
def test_nine_of_ten_mutants_are_enough(
    context: CheckContext, monkeypatch: pytest.MonkeyPatch, caught: int, earned: int
) -> None:
    score = TestScore(caught, 25, tuple("abcdefghijklmnopqrstuvwxy"[caught:]), True, "said")
    monkeypatch.setattr("lab_utils.checks.part5_tests.score_once", lambda *_: score)
    assert check(context, "tests").earned == earned


def test_a_resource_on_which_iam_cannot_decide_counts_as_it_is_written() -> None:
    iam = boto3.client(
        "iam", region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    function = Function("f", "arn:aws:lambda:eu-west-1:1:function:f", "", "")
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:*:s3:::b"}
    documents = ({"Version": "2012-10-17", "Statement": statement},)
    excess = {}
    for is_limited in (False, True):
        deployer = Deployer("user", "u", "arn:aws:iam::1:user/u", documents, (), is_limited)
        with Stubber(iam) as answers:
            for _resource in ("another function", "the function", "everything"):
                answers.add_response("simulate_principal_policy", {"EvaluationResults": []})
            answers.add_client_error("simulate_principal_policy", "InvalidInput")
            context = replace(context_of(Path()), client=lambda _service: iam)
            excess[is_limited] = find_excess(context, deployer, function)
    assert excess == {False: ["s3:GetObject on arn:x:s3:::b"], True: []}

"""Part 5: GitLab tests, packs and deploys the function."""

from __future__ import annotations

from lab_utils.checks.base import Check
from lab_utils.checks.deployers import UPDATE
from lab_utils.checks.part5_deployer import look_at_deployer
from lab_utils.checks.part5_file import look_at_artifact, look_at_deploy_job, look_at_pipeline
from lab_utils.checks.part5_green import look_at_green
from lab_utils.checks.part5_tests import ENOUGH, look_at_tests

_PART = 5
CHECKS = (
    Check(
        "part5-pipeline",
        _PART,
        3,
        "a pipeline that GitLab takes: an image with Python, a before_script that installs pytest, "
        "the stages test, package and deploy in this order, and a job in each",
        "write ci/lambda.gitlab-ci.yml (in a repository of its own: .gitlab-ci.yml); "
        "lab.pipeline.lint() says line by line what is missing.",
        look_at_pipeline,
    ),
    Check(
        "part5-artifact",
        _PART,
        2,
        "the zip that the package job makes is its artifact, and reaches the deploy job",
        "artifacts: paths: in the package job, with the path that the package script prints "
        "(build/ac_control_lambda.zip); no needs or dependencies in deploy that leave it out.",
        look_at_artifact,
    ),
    Check(
        "part5-deploy-job",
        _PART,
        2,
        "the deploy job runs on the default branch only, and the file holds no secret",
        "rules: - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH; the access key belongs into "
        "GitLab's Settings > CI/CD > Variables.",
        look_at_deploy_job,
    ),
    Check(
        "part5-deployer",
        _PART,
        2,
        f"an IAM user (or role) for the pipeline that may {UPDATE} on the function, and nothing "
        "else",
        "aws_iam_user, aws_iam_user_policy with one statement, aws_iam_access_key, in iam.tf.",
        look_at_deployer,
    ),
    Check(
        "part5-tests",
        _PART,
        3,
        "tests of your own, green on the function as it is, that notice at least "
        f"{ENOUGH:.0%} of the mistakes that are made in it (a part of them earns a part)",
        "lab.score_tests() names the mistakes that no test notices.",
        look_at_tests,
    ),
    Check(
        "part5-green",
        _PART,
        3,
        "the pipeline runs green on the default branch, and afterwards the function has the code "
        "of the pipeline's artifact",
        "lab.pipeline.run() shows each job with its log.",
        look_at_green,
    ),
)

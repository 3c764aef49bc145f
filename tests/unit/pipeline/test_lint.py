from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from lab_utils.errors import PipelineError
from lab_utils.pipeline.lint import lint
from lab_utils.pipeline.pipeline import Pipeline
from lab_utils.pipeline.report import LintReport
from lab_utils.settings import CHECKOUT, read_settings
from tests.unit.pipeline.repositories import (
    DEPLOY,
    PACKAGE,
    PRACTICAL,
    REFERENCE,
    write_practical,
    write_workbook,
)

ONLY_MAIN = "  rules:\n    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH\n"


def of_workbook(folder: Path, pipeline: str) -> LintReport:
    return lint(folder, write_workbook(folder, pipeline))


def of_practical(folder: Path, pipeline: str = PRACTICAL, **files: str | None) -> LintReport:
    named = {name.replace("__", "/").replace("_sh", ".sh"): text for name, text in files.items()}
    return lint(folder, write_practical(folder, pipeline, named))


def found(report: LintReport) -> list[tuple[str, str, int]]:
    return [(one.rule, one.job, one.line) for one in report.errors]


def remarked(report: LintReport, rule: str) -> list[str]:
    return [one.says for one in report.problems if (one.rule, one.severity) == (rule, "remark")]


def test_the_reference_is_valid_and_understood(tmp_path: Path) -> None:
    report = of_workbook(tmp_path, REFERENCE)
    assert report.problems == ()
    facts = report.facts
    assert facts.jobs == {
        "test": ("test",),
        "package": ("package",),
        "deploy": ("deploy",),
        "other": (),
    }
    assert facts.stages == ("test", "package", "deploy")
    assert facts.zip_path == "build/ac_control_lambda.zip"
    assert facts.artifact_paths == ("build/ac_control_lambda.zip",)
    assert (facts.deploys_on, facts.default_branch) == ("default", "main")
    assert report.summary() == "ci/lambda.gitlab-ci.yml: valid"


def test_the_workbooks_own_pipeline_is_valid() -> None:
    assert lint(CHECKOUT, CHECKOUT / ".gitlab-ci.yml").errors == ()


def test_the_practicals_pipeline_is_valid_with_two_remarks(tmp_path: Path) -> None:
    report = of_practical(tmp_path)
    assert report.is_valid
    assert "no longer kept" in remarked(report, "image")[0]
    assert "every branch" in remarked(report, "deploy_only")[0]
    assert report.facts.zip_path == "payload.zip"


def test_a_job_without_a_stage_is_told_which_line_is_missing(tmp_path: Path) -> None:
    report = of_workbook(tmp_path, REFERENCE.replace("  stage: deploy\n", ""))
    [hint] = [one.hint for one in report.errors if one.rule == "stages" and one.job == "deploy"]
    assert hint.startswith("it has no `stage:`, so GitLab puts it into `test`")


def test_a_key_of_a_job_at_the_left_edge_is_told_to_be_indented(tmp_path: Path) -> None:
    paths = "    paths:\n      - build/ac_control_lambda.zip\n"
    moved = REFERENCE.replace(f"  artifacts:\n{paths}", f"artifacts:\n{paths}")
    report = of_workbook(tmp_path, moved)
    [told] = [one for one in report.errors if one.job == "artifacts"]
    assert told.says == "`artifacts:` stands at the left edge, so GitLab takes it for a job."


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # stages
        ("[test, package, deploy]", "[package, test, deploy]", [("stages", "", 6)]),
        (
            "[test, package, deploy]",
            "[test, deploy, package]",
            [("stages", "", 6), ("reaches_deploy", "deploy", 22)],
        ),
        ("stages: [test, package, deploy]\n", "", [("stages", "package", 13)]),
        ("  stage: package", "  stage: pack", [("stages", "package", 14)]),
        (
            "  stage: deploy",
            "  stage: package",
            [("stages", "deploy", 21), ("reaches_deploy", "deploy", 22)],
        ),
        (
            "  stage: deploy",
            "  stage: deploy\n  needs: []",
            [("stages", "deploy", 23), ("reaches_deploy", "deploy", 23)],
        ),
        ("  stage: package\n", "  stage: package\n  needs: []\n", [("stages", "package", 15)]),
        # jobs
        ("\ndeploy:", "\n.deploy:", [("jobs", ".deploy", 21)]),
        ("    - pytest lambda", "    - echo lambda", [("jobs", "", 1)]),
        ("./ci/deploy_lambda.sh", "./ci/deploy.sh", [("jobs", "deploy", 25)]),
        (
            "script:\n    - ./ci/package_lambda.sh",
            "before_script: [./ci/package_lambda.sh]",
            [("jobs", "package", 13)],
        ),
        # image
        ("image: python:3.13\n\n", "", [("image", "", 1)]),
        ("    - pip install awscli\n", "", [("image", "deploy", 24)]),
        # before_script
        ("  - pip install pytest", "  - pip install requests", [("before_script", "test", 10)]),
        (
            "  stage: test\n",
            "  stage: test\n  before_script: []\n",
            [("before_script", "test", 10)],
        ),
        # artifact
        ("build/ac_control_lambda.zip", "ac_control_lambda.zip", [("artifact", "package", 18)]),
        (
            "build/ac_control_lambda.zip",
            "/build/ac_control_lambda.zip",
            [("artifact", "package", 18), ("artifact", "package", 19)],
        ),
        ("artifacts:\n    paths:", "cache:\n    paths:", [("artifact", "package", 17)]),
        (
            "  artifacts:\n    paths:\n      - build/ac_control_lambda.zip\n",
            "",
            [("artifact", "package", 13)],
        ),
        (
            "    paths:\n      - build",
            "    exclude: ['**/*.zip']\n    paths:\n      - build",
            [("artifact", "package", 18)],
        ),
        (
            "    paths:\n      - build",
            "    when: on_failure\n    paths:\n      - build",
            [("artifact", "package", 18)],
        ),
        # reaches_deploy
        (
            "  stage: deploy\n",
            "  stage: deploy\n  dependencies: []\n",
            [("reaches_deploy", "deploy", 23)],
        ),
        (
            "  stage: deploy\n",
            "  stage: deploy\n  dependencies: [test]\n",
            [("reaches_deploy", "deploy", 23)],
        ),
        (
            "  stage: deploy\n",
            "  stage: deploy\n  dependencies: [pack]\n",
            [("reaches_deploy", "deploy", 23)],
        ),
        (
            "  stage: deploy\n",
            "  stage: deploy\n  needs: [test]\n",
            [("stages", "deploy", 23), ("reaches_deploy", "deploy", 23)],
        ),
        (
            "  stage: deploy\n",
            "  stage: deploy\n  needs: [{job: package, artifacts: false}]\n",
            [("reaches_deploy", "deploy", 23)],
        ),
        # deploy_only
        (ONLY_MAIN, "", [("deploy_only", "deploy", 21)]),
        (ONLY_MAIN, "  only: [develop]\n", [("deploy_only", "deploy", 26)]),
        (ONLY_MAIN, "  except: [main]\n", [("deploy_only", "deploy", 26)]),
        (ONLY_MAIN, "  when: manual\n", [("deploy_only", "deploy", 21)]),
        ("$CI_DEFAULT_BRANCH\n", "\n", [("deploy_only", "deploy", 26)]),
        (
            "$CI_DEFAULT_BRANCH\n",
            "$CI_DEFAULT_BRANCH\n      when: always\n",
            [("deploy_only", "deploy", 26)],
        ),
        ("  stage: test\n", "  stage: test\n  only: [tags]\n", [("deploy_only", "test", 10)]),
        # schema
        (
            "  script:\n    - ./ci/package",
            "  scripts:\n    - ./ci/package",
            [("jobs", "", 1), ("jobs", "package", 13), ("schema", "package", 13)],
        ),
        ("stage: deploy", "stage: [deploy]", [("stages", "deploy", 22)]),
    ],
)
def test_each_fault_is_found_at_its_line_and_nothing_else(
    tmp_path: Path, old: str, new: str, expected: list[tuple[str, str, int]]
) -> None:
    assert old in REFERENCE
    report = of_workbook(tmp_path, REFERENCE.replace(old, new))
    assert sorted(found(report)) == sorted(expected)
    assert all(one.hint and one.says for one in report.errors)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (ONLY_MAIN, "  only: [main]\n"),
        (ONLY_MAIN, "  only:\n    refs: [main]\n"),
        (ONLY_MAIN, "  rules:\n    - if: '$CI_COMMIT_REF_NAME == \"main\"'\n      when: manual\n"),
        (
            ONLY_MAIN,
            "  rules:\n    - if: $CI_COMMIT_BRANCH != $CI_DEFAULT_BRANCH\n      when: never\n"
            "    - when: on_success\n      if: $CI_COMMIT_BRANCH\n",
        ),
        (
            ONLY_MAIN,
            "  rules:\n    - if: $AWS_ACCESS_KEY_ID && $CI_COMMIT_BRANCH =~ /^ma(in|ster)$/\n",
        ),
        (ONLY_MAIN, "workflow:\n  rules:\n    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH\n"),
        ("- build/ac_control_lambda.zip", "- build/"),
        ("- build/ac_control_lambda.zip", "- ./build/*.zip"),
        ("- build/ac_control_lambda.zip", "- '**/*.zip'"),
        ("- build/ac_control_lambda.zip", "- $CI_PROJECT_DIR/build/ac_control_lambda.zip"),
        ("    paths:\n      - build/ac_control_lambda.zip\n", "    untracked: true\n"),
        ("    paths:\n      - build/ac", "    expire_in: 1 week\n    paths:\n      - build/ac"),
        ("  stage: deploy\n", "  stage: deploy\n  needs: [package]\n"),
        ("  stage: deploy\n", "  stage: deploy\n  dependencies:\n    - package\n"),
        ("image: python:3.13\n", "default:\n  image:\n    name: python:3.13\n"),
        ("image: python:3.13\n", "variables: {V: '3.13'}\nimage: python:$V\n"),
        ("stages: [test, package, deploy]", "stages: [prüfen, packen, ausliefern]"),
        ("    - ./ci/package_lambda.sh", "    - cd ci\n    - bash package_lambda.sh"),
        (
            "    - ./ci/package_lambda.sh",
            "    - |\n      set -e\n      python3 ci/package_lambda.py lambda/ac_control_lambda",
        ),
        ("    - pytest lambda", "    - cd lambda/ac_control_lambda\n    - python -m pytest -v ."),
    ],
)
def test_what_another_writes_in_another_way_is_valid_too(
    tmp_path: Path, old: str, new: str
) -> None:
    assert old in REFERENCE
    text = REFERENCE.replace(old, new)
    if "prüfen" in new:
        pairs = [("test", "prüfen"), ("package", "packen"), ("deploy", "ausliefern")]
        for name, other in pairs:
            text = text.replace(f"stage: {name}", f"stage: {other}")
    assert of_workbook(tmp_path, text).errors == ()


def test_jobs_are_found_by_what_they_do_through_extends_references_and_includes(
    tmp_path: Path,
) -> None:
    (tmp_path / "ci").mkdir()
    (tmp_path / "ci" / "base.yml").write_text(
        ".python:\n  image: python:3.13\n  before_script: [pip install pytest awscli]\n"
        ".pack:\n  script: [./ci/package_lambda.sh]\n",
        encoding="utf-8",
    )
    report = of_workbook(
        tmp_path,
        """\
include: ci/base.yml
stages: [check, build, ship]
unit:
  extends: .python
  stage: check
  script: [python -m pytest lambda/ac_control_lambda/tests]
zip it:
  extends: [.python]
  stage: build
  script:
    - !reference [.pack, script]
  artifacts: {paths: [build]}
ship it:
  extends: .python
  stage: ship
  script: >
    aws --region eu-west-1 lambda update-function-code --function-name f
    --zip-file fileb://build/ac_control_lambda.zip
  only: {refs: [main]}
""",
    )
    assert report.problems == ()
    assert report.facts.jobs["deploy"] == ("ship it",)


@pytest.mark.parametrize(
    ("text", "rule", "words"),
    [
        ("a:\n\tb\n", "yaml", "tab"),
        ("include: ci/missing.yml\n" + REFERENCE, "yaml", "not in the repository"),
        ("include: ../x.yml\n" + REFERENCE, "yaml", "leaves the repository"),
        (REFERENCE.replace("  stage: test\n", "  stage: test\n  extends: .x\n"), "yaml", ".x"),
        (".a: {extends: .b}\n.b: {extends: .a}\nj: {extends: .a}\n", "yaml", "extends itself"),
        ("j:\n  script:\n    - !reference [no, script]\n", "yaml", "leads to nothing"),
        (".a: {script: [!reference [.a, script]]}\nj: {script: x}\n", "yaml", "circle"),
        ("include: {local: ci/lambda.gitlab-ci.yml}\nj: {script: x}\n", "yaml", "includes itself"),
    ],
)
def test_what_gitlab_would_refuse_is_said(tmp_path: Path, text: str, rule: str, words: str) -> None:
    report = of_workbook(tmp_path, text)
    assert words in " ".join(one.says for one in report.of(rule))
    assert not report.is_readable


def test_what_is_included_from_elsewhere_is_said_and_no_job_is_missed_for_it(
    tmp_path: Path,
) -> None:
    text = "include:\n  - remote: https://example.com/a.yml\n  - template: Pages.gitlab-ci.yml\n"
    report = of_workbook(tmp_path, text + "job: {image: x, script: echo}\n")
    assert [one.line for one in report.problems if one.rule == "yaml"] == [2, 3]
    assert report.errors == ()


@pytest.mark.parametrize(
    ("line", "is_error"),
    [
        ("AWS_ACCESS_KEY_ID: AKIAABCDEFGHIJKLMNOP", True),
        ("AWS_SECRET_ACCESS_KEY: " + "aB3/" * 10, True),
        ("DB_PASSWORD: 'hunter22'", True),
        ("TOKEN: glpat-abcdefghij1234567890", True),
        ("URL: https://user:secret@example.com", True),
        ("AWS_ACCESS_KEY_ID: AKIAIOSFODNN7EXAMPLE", False),
    ],
)
def test_a_secret_in_the_file_is_found_and_not_repeated(
    tmp_path: Path, line: str, is_error: bool
) -> None:
    report = of_workbook(tmp_path, f"variables:\n  {line}\n" + REFERENCE)
    (problem,) = (one for one in report.problems if one.rule == "secret")
    assert (problem.line, problem.severity) == (2, "error" if is_error else "remark")
    value = line.split(": ", 1)[1].strip("'")
    assert value not in problem.text()


@pytest.mark.parametrize(
    "line",
    [
        "AWS_DEFAULT_REGION: eu-west-1",
        "AWS_ACCESS_KEY_ID: $DEPLOYER_KEY",
        "SECRET_NAME: lambda-secret",
        "API_TOKEN: '<your token>'",
        "PASSWORD: ''",
        "KEY_FILE: key.pem",
    ],
)
def test_what_is_no_secret_is_left_alone(tmp_path: Path, line: str) -> None:
    assert of_workbook(tmp_path, f"variables:\n  {line}\n" + REFERENCE).problems == ()


def test_a_secret_in_a_script_is_found_there(tmp_path: Path) -> None:
    deploy = DEPLOY + "export AWS_SECRET_ACCESS_KEY=" + "aB3/" * 10 + "\n"
    report = of_practical(tmp_path, bin__deploy_lambda_sh=deploy)
    (problem,) = report.of("secret")
    assert (problem.file, problem.line) == ("bin/deploy_lambda.sh", 4)


def test_the_artifact_is_compared_with_what_the_script_makes(tmp_path: Path) -> None:
    report = of_practical(tmp_path, PRACTICAL.replace("- payload.zip", "- ./files/artifact.zip"))
    (problem,) = report.of("artifact")
    assert "`files/artifact.zip`" in problem.says
    assert "`payload.zip`" in problem.says
    assert found(report) == [("artifact", "package_lambda", 21)]


def test_the_zip_that_deploy_takes_has_to_be_the_one_that_is_made(tmp_path: Path) -> None:
    deploy = DEPLOY.replace("payload.zip", "other.zip")
    report = of_practical(tmp_path, bin__deploy_lambda_sh=deploy)
    assert found(report) == [("reaches_deploy", "deploy_lambda", 26)]


@pytest.mark.parametrize(
    ("script", "path"),
    [
        ("cd ac_control_lambda/src && zip -qr ../../a.zip .", "a.zip"),
        ("zip -r a *.py", "a.zip"),
        ("mkdir -p dist && zip a.zip x && mv a.zip dist/", "dist/a.zip"),
        ("NAME=b\nzip -r $NAME.zip . && cp ${NAME}.zip c.zip", "c.zip"),
        ("cd $(dirname $0)/..\nzip -r build/x.zip .", "build/x.zip"),
        ("python3 -m zipfile -c z.zip src", "z.zip"),
        ("cd bin; 7z a ../seven.zip .", "seven.zip"),
        ("git archive -o g.zip HEAD", "g.zip"),
        ("python bin/pack.py", "made.zip"),
        ("zip -r $(date +%F).zip .", ""),
    ],
)
def test_the_package_is_found_in_scripts_of_many_kinds(
    tmp_path: Path, script: str, path: str
) -> None:
    (tmp_path / "bin").mkdir()
    maker = "import shutil\nshutil.make_archive('made', 'zip', 'src')\n"
    (tmp_path / "bin" / "pack.py").write_text(maker, encoding="utf-8")
    report = of_practical(tmp_path, bin__package_lambda_sh=script)
    assert report.facts.zip_path == path


def test_an_image_without_the_tools_that_the_scripts_call_is_named(tmp_path: Path) -> None:
    image = PRACTICAL.replace("lambci/lambda:build-python3.7", "python:3.7")
    report = of_practical(tmp_path, image)
    (problem,) = report.of("image")
    assert (problem.job, problem.line) == ("deploy_lambda", 27)
    assert "bin/deploy_lambda.sh:2" in problem.says
    assert any("zip" in says for says in remarked(report, "image"))
    with_cli = image.replace("- ./bin/deploy", "- pip install awscli\n    - ./bin/deploy")
    assert of_practical(tmp_path / "b", with_cli).errors == ()


def test_scripts_that_are_not_there_or_may_not_be_run_are_named(tmp_path: Path) -> None:
    write_practical(tmp_path)
    (tmp_path / "bin" / "package_lambda.sh").chmod(0o644)
    (tmp_path / "bin" / "deploy_lambda.sh").rename(tmp_path / "bin" / "other.sh")
    report = lint(tmp_path, tmp_path / ".gitlab-ci.yml")
    assert [(one.job, one.line) for one in report.of("jobs")] == [
        ("package_lambda", 19),
        ("deploy_lambda", 27),
    ]
    assert "git update-index --chmod=+x" in report.of("jobs")[0].hint
    mended = PRACTICAL.replace(
        "  - pip install pytest\n", "  - pip install pytest\n  - chmod +x bin/*.sh\n"
    )
    (tmp_path / ".gitlab-ci.yml").write_text(mended, encoding="utf-8")
    again = lint(tmp_path, tmp_path / ".gitlab-ci.yml")
    assert [one.job for one in again.of("jobs")] == ["deploy_lambda"]


def test_modes_that_were_lost_on_the_way_are_no_fault(tmp_path: Path) -> None:
    write_practical(tmp_path)
    for path in (tmp_path / "bin").iterdir():
        path.chmod(0o644)
    assert lint(tmp_path, tmp_path / ".gitlab-ci.yml").errors == ()


def git(folder: Path, *arguments: str) -> None:
    own = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "core.autocrlf=false")
    subprocess.run(["git", *own, *arguments], cwd=folder, check=True, capture_output=True)


def test_windows_line_ends_are_a_remark_until_git_has_them(tmp_path: Path) -> None:
    path = write_practical(tmp_path, files={"bin/package_lambda.sh": PACKAGE.replace("\n", "\r\n")})
    assert any("CRLF" in says for says in remarked(lint(tmp_path, path), "jobs"))
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    (problem,) = lint(tmp_path, path).of("jobs")
    assert "CRLF" in problem.says


def test_git_tells_the_mode_and_the_default_branch(tmp_path: Path) -> None:
    path = write_practical(tmp_path)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "symbolic-ref", "HEAD", "refs/heads/master")
    git(tmp_path, "add", ".")
    git(tmp_path, "update-index", "--chmod=-x", "bin/deploy_lambda.sh")
    report = lint(tmp_path, path)
    assert report.facts.default_branch == "master"
    assert [one.job for one in report.of("jobs")] == ["deploy_lambda"]


def test_the_branch_that_the_file_names_is_taken_for_the_default_one(tmp_path: Path) -> None:
    report = of_practical(tmp_path, PRACTICAL + "  only:\n    - master\n")
    assert (report.facts.default_branch, report.facts.deploys_on) == ("master", "default")


def test_tests_that_may_fail_are_a_remark(tmp_path: Path) -> None:
    text = REFERENCE.replace("tests -vv", "tests || true").replace(
        "  stage: test\n", "  stage: test\n  allow_failure: true\n"
    )
    assert len(remarked(of_workbook(tmp_path, text), "jobs")) == 2


def test_what_does_not_run_here_is_named(tmp_path: Path) -> None:
    text = REFERENCE.replace("  stage: test\n", "  stage: test\n  services: [docker:dind]\n")
    (says,) = remarked(of_workbook(tmp_path, text), "jobs")
    assert "not started" in says


@pytest.mark.parametrize("position", range(0, 400, 29))
def test_no_damage_makes_the_look_itself_fail(tmp_path: Path, position: int) -> None:
    for cut in ("", ":", "- ", "[", "{a: b}", "\n    x: 1\n", "null"):
        text = REFERENCE[:position] + cut + REFERENCE[position + 5 :]
        report = of_workbook(tmp_path, text)
        assert all(one.line >= 1 and one.text() for one in report.problems)


@pytest.fixture
def pipeline_of() -> Callable[[Path, list[str]], Pipeline]:
    def make(folder: Path, said: list[str]) -> Pipeline:
        return Pipeline(read_settings(workspace=folder, environ={}), dict, said.append)

    return make


def test_the_workbooks_place_comes_first_then_the_practicals(
    tmp_path: Path, pipeline_of: Callable[[Path, list[str]], Pipeline]
) -> None:
    said: list[str] = []
    pipeline = pipeline_of(tmp_path, said)
    with pytest.raises(PipelineError, match=r"no ci/lambda.gitlab-ci.yml and no .gitlab-ci.yml"):
        pipeline.lint()
    first = write_practical(tmp_path)
    assert pipeline.path() == first
    second = write_workbook(tmp_path)
    assert pipeline.path() == second
    assert pipeline.path(".gitlab-ci.yml") == first
    with pytest.raises(PipelineError, match=r"no other.yml"):
        pipeline.path("other.yml")
    outside = tmp_path.parent / "outside.yml"
    outside.write_text(REFERENCE, encoding="utf-8")
    (tmp_path / "link.yml").symlink_to(outside)
    for name in ("../outside.yml", "link.yml", str(outside)):
        with pytest.raises(PipelineError, match="not in the workspace"):
            pipeline.lint(name)


def test_problems_are_reported_with_file_line_and_way_on(
    tmp_path: Path, pipeline_of: Callable[[Path, list[str]], Pipeline]
) -> None:
    said: list[str] = []
    write_workbook(tmp_path, REFERENCE.replace(ONLY_MAIN, ""))
    pipeline = pipeline_of(tmp_path, said)
    assert not pipeline.lint().is_valid
    assert said[0].startswith(
        "ci/lambda.gitlab-ci.yml:21: deploy: error [deploy_only]: It runs for"
    )
    assert said[-1] == "ci/lambda.gitlab-ci.yml: 1 error"
    said.clear()
    pipeline.lint(report=lambda _line: None)
    assert said == []

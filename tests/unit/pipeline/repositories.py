"""Small repositories to look at and to run: the workbook's form, and the practical's own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lab_utils.settings import CHECKOUT

REFERENCE = (CHECKOUT / "ci" / "lambda.gitlab-ci.yml").read_text(encoding="utf-8")
PRACTICAL = """\
image: lambci/lambda:build-python3.7

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

package_lambda:
  stage: package
  script:
    - ./bin/package_lambda.sh
  artifacts:
    paths:
      - payload.zip

deploy_lambda:
  stage: deploy
  script:
    - ./bin/deploy_lambda.sh
"""
PACKAGE = """\
rm payload.zip
mkdir staging
pip install -r ac_control_lambda/requirements.txt --target staging
cp ac_control_lambda/src/*.py staging/
cd staging
zip -r ../payload.zip *
cd ..
rm -rf staging
"""
DEPLOY = """\
#!/bin/bash
aws lambda update-function-code --function-name ac_control_lambda \\
  --zip-file fileb://payload.zip --region eu-west-1
"""
OF_THE_PRACTICAL = {
    "ac_control_lambda/requirements.txt": "",
    "ac_control_lambda/src/ac_control_lambda.py": "def lambda_handler(event, context):\n    pass\n",
    "ac_control_lambda/tests/test_it.py": "def test_it():\n    assert True\n",
    "bin/package_lambda.sh": PACKAGE,
    "bin/deploy_lambda.sh": DEPLOY,
    ".gitlab-ci.yml": PRACTICAL,
}


def write_practical(
    folder: Path, pipeline: str = PRACTICAL, files: Mapping[str, str | None] | None = None
) -> Path:
    """Write a repository in the practical's form, and return its pipeline file.

    Args:
        files: What is other than usual, by name; None for what is not there.
    """
    texts = {**OF_THE_PRACTICAL, ".gitlab-ci.yml": pipeline, **(files or {})}
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is not None:
            path.write_bytes(text.encode())
            path.chmod(0o755 if name.endswith(".sh") else 0o644)
    return folder / ".gitlab-ci.yml"


def write_workbook(folder: Path, pipeline: str = REFERENCE) -> Path:
    """Write what of the workbook a pipeline needs, and return the pipeline file."""
    for name in ("ci/package_lambda.sh", "ci/package_lambda.py", "ci/deploy_lambda.sh"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((CHECKOUT / name).read_bytes())
        path.chmod(0o755)
    (folder / "lambda" / "ac_control_lambda" / "tests").mkdir(parents=True, exist_ok=True)
    path = folder / "ci" / "lambda.gitlab-ci.yml"
    path.write_text(pipeline, encoding="utf-8")
    return path

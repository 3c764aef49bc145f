"""Which region a submission works in where no provider block says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_utils.grading.packaging_region import deployed_region
from lab_utils.grading.packaging_scripts import DEPLOY, find_scripts, mend
from lab_utils.grading.workplace import Workplace
from lab_utils.launching import as_it_is

_DEPLOY = "aws lambda update-function-code --function-name f --zip-file fileb://p.zip --region {}\n"


@pytest.mark.parametrize(
    ("files", "region"),
    [
        ({"bin/deploy_lambda.sh": _DEPLOY.format("eu-west-3")}, "eu-west-3"),
        ({"bin/deploy_lambda.sh": "#!/bin/sh\r\n" + _DEPLOY.format('"us-east-1"')}, "us-east-1"),
        ({".gitlab-ci.yml": 'variables:\n  AWS_DEFAULT_REGION: "eu-west-2"\n'}, "eu-west-2"),
        ({"bin/deploy_lambda.sh": "# --region eu-west-3\n"}, ""),
        ({"bin/deploy_lambda.sh": _DEPLOY.format("$REGION")}, ""),
        (
            {
                "bin/deploy_lambda.sh": _DEPLOY.format("eu-west-3"),
                ".gitlab-ci.yml": "variables:\n  AWS_REGION: eu-west-1\n",
            },
            "",
        ),
        ({}, ""),
    ],
    ids=["script", "quoted", "pipeline", "comment", "variable", "two", "nothing"],
)
def test_the_region_is_that_of_the_deploy_script(
    tmp_path: Path, files: dict[str, str], region: str
) -> None:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
    assert deployed_region(tmp_path) == region


def test_options_of_the_newer_aws_cli_are_left_out(tmp_path: Path) -> None:
    script = tmp_path / "bin" / "deploy_lambda.sh"
    script.parent.mkdir()
    script.write_text(f"{_DEPLOY.format('eu-west-3').strip()} --no-cli-pager\n", encoding="utf-8")
    script.chmod(0o755)
    place = Workplace(tmp_path, as_it_is, {}, lambda _line: None)
    [found] = find_scripts(place, DEPLOY)

    [remark] = mend(place, found)

    assert "--no-cli-pager is of the AWS CLI's version 2" in remark
    assert script.read_text(encoding="utf-8") == _DEPLOY.format("eu-west-3")
    assert script.stat().st_mode & 0o100

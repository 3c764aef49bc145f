"""Submissions that do the practical another way, and such as only look as if they did it.

Each says which checks it loses against the practical done word by word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tests.students.practical import (
    HOT_RULE,
    IOT,
    LAMBDA,
    MAIN,
    READINGS_ARN,
    READINGS_RULE,
    SCHEDULE,
    SELECT_POLICY,
    SOURCE,
    TABLE_ARN,
    TIMESTREAM,
    Files,
    changed,
    role_policy,
)

IOT_TF, IAM_TF, LAMBDA_TF = "terraform/iot.tf", "terraform/iam.tf", "terraform/lambda.tf"
HANDLER = "ac_control_lambda/src/ac_control_lambda.py"
LOOP = frozenset(f"part4-{name}" for name in ("hot", "cold", "zones", "mild", "artefacts", "edges"))
DASHBOARD = frozenset(f"part6-{name}" for name in ("readings", "means", "invalid", "replay"))


@dataclass(frozen=True)
class Variant:
    """A submission.

    Attributes:
        files: Its files.
        lost: The checks that it fails, and the practical done word by word does not.
        told: What each message about one of them has in it.
    """

    files: Files
    lost: frozenset[str] = frozenset()
    told: dict[str, str] = field(default_factory=dict)


def renamed() -> Files:
    """Return the practical with other names for everything that may have another."""
    names = {
        r"\bcert\b(?!ificate)": "my_cert",
        r"\bpubsub\b": "ma_politique",
        r"\batt\b": "lien",
        r"\bsensor\b(?=\"|\.)": "capteur",
        "temperature_rule": "regle_invalide",
        "timestream_rule": "regle_valide",
        r"aws_dynamodb_table\.temperature\b": "aws_dynamodb_table.invalides",
        r'"aws_dynamodb_table" "temperature"': '"aws_dynamodb_table" "invalides"',
        r"\biot_role\b": "RoleIoT",
        r"\blambda_role\b": "RoleLambda",
        "every_one_minute": "chaque_minute",
        "every-one-minute": "chaque-minute",
    }
    files = dict(MAIN)
    for name in [one for one in files if one.endswith(".tf")]:
        for pattern, other in names.items():
            files[name] = re.sub(pattern, other, files[name])
    return files


def of_function(old: str, new: str) -> Files:
    """Return the practical with another name for the function, its module and its handler."""
    files = dict(MAIN)
    del files[HANDLER]
    test = f"ac_control_lambda/tests/test_{old}.py"
    files[f"ac_control_lambda/src/{new}.py"] = MAIN[HANDLER].replace("lambda_handler", "run")
    files[test] = MAIN[test].replace(f"from {old}", f"from {new}")
    files["bin/deploy_lambda.sh"] = MAIN["bin/deploy_lambda.sh"].replace(old, new)
    files[LAMBDA_TF] = (
        MAIN[LAMBDA_TF]
        .replace(f'= "{old}"', f'= "{new}"')
        .replace(f'"{old}.lambda_handler"', f'"{new}.run"')
    )
    return files


STRICT_POLICY = """\
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "iot:Connect",
      "Resource": [
        "arn:aws:iot:*:*:client/temp_1",
        "arn:aws:iot:*:*:client/temp_2",
        "arn:aws:iot:*:*:client/temp_3",
        "arn:aws:iot:*:*:client/temp_4",
        "arn:aws:iot:*:*:client/AC-1",
        "arn:aws:iot:*:*:client/AC-2"
      ]
    },
    {
      "Effect": "Allow",
      "Action": ["iot:Publish", "iot:Receive"],
      "Resource": ["arn:aws:iot:*:*:topic/sensor/temperature/*", "arn:aws:iot:*:*:topic/AC/*"]
    },
    {
      "Effect": "Allow",
      "Action": "iot:Subscribe",
      "Resource": ["arn:aws:iot:*:*:topicfilter/AC/*"]
    }
  ]
}
"""
"""A sensor may not listen to its own topic: the house never does."""


def per_sensor(rule: str, name: str) -> str:
    """Return a rule for each of the four sensors in place of one for all."""
    rules = [
        rule.replace(name, f"{name}_{sensor}").replace(
            "sensor/temperature/+", f"sensor/temperature/temp_{sensor}"
        )
        for sensor in (1, 2, 3, 4)
    ]
    return "".join(rules)


POLICY_DOCUMENTS = f"""\
data "aws_iam_policy_document" "trust" {{
  for_each = toset(["iot", "lambda"])

  statement {{
    actions = ["sts:AssumeRole"]
    principals {{
      type        = "Service"
      identifiers = ["${{each.key}}.amazonaws.com"]
    }}
  }}
}}

resource "aws_iam_role" "iot_role" {{
  name               = "iot_role"
  assume_role_policy = data.aws_iam_policy_document.trust["iot"].json
}}

resource "aws_iam_role" "lambda_role" {{
  name               = "lambda_role"
  assume_role_policy = data.aws_iam_policy_document.trust["lambda"].json
}}

data "aws_iam_policy_document" "iot" {{
  statement {{
    actions   = ["dynamodb:PutItem"]
    resources = [{TABLE_ARN}]
  }}
  statement {{
    actions   = ["timestream:WriteRecords"]
    resources = [{READINGS_ARN}]
  }}
  statement {{
    actions   = ["timestream:DescribeEndpoints"]
    resources = ["*"]
  }}
}}

data "aws_iam_policy_document" "lambda" {{
  statement {{
    actions   = ["timestream:Select"]
    resources = [{READINGS_ARN}]
  }}
  statement {{
    actions   = ["timestream:DescribeEndpoints", "iot:Publish"]
    resources = ["*"]
  }}
}}

resource "aws_iam_policy" "iot" {{
  name   = "for-iot"
  policy = data.aws_iam_policy_document.iot.json
}}

resource "aws_iam_policy" "lambda" {{
  name   = "for-lambda"
  policy = data.aws_iam_policy_document.lambda.json
}}

resource "aws_iam_role_policy_attachment" "iot" {{
  role       = aws_iam_role.iot_role.name
  policy_arn = aws_iam_policy.iot.arn
}}

resource "aws_iam_role_policy_attachment" "lambda" {{
  role       = aws_iam_role.lambda_role.name
  policy_arn = aws_iam_policy.lambda.arn
}}
"""
V1_RULE = """\
resource "aws_iot_topic_rule" "temperature_rule" {
  name        = "temperature_rule"
  enabled     = true
  sql         = "SELECT * FROM 'sensor/temperature/+' WHERE temperature >= 40"
  sql_version = "2016-03-23"

  dynamodb {
    role_arn        = aws_iam_role.iot_role.arn
    table_name      = aws_dynamodb_table.temperature.name
    hash_key_field  = "id"
    hash_key_value  = "$${id}"
    payload_field   = "payload"
  }
}

"""
BY_ENVIRONMENT = (
    SOURCE.replace("import json\n", "import json\nimport os\n")
    .replace('QUERY = """', 'QUERY = f"""')
    .replace(
        '"iot"."temperaturesensor"',
        """\
"{os.environ['TS_DATABASE']}"."{os.environ['TS_TABLE']}\"""",
    )
)
ENVIRONMENT = """\

  environment {
    variables = {
      TS_DATABASE = aws_timestreamwrite_database.iot.database_name
      TS_TABLE    = aws_timestreamwrite_table.temperaturesensor.table_name
    }
  }
}
"""
BY_ENDPOINT = SOURCE.replace(
    'boto3.client("iot-data").publish(',
    'boto3.client("iot-data", endpoint_url="https://" + os.environ["IOT_ENDPOINT"]).publish(',
).replace("import json\n", "import json\nimport os\n")
IN_PYTHON = '''\
import json
from collections import defaultdict

import boto3

query_client = boto3.client("timestream-query", region_name="eu-west-1")
iot_client = boto3.client("iot-data", region_name="eu-west-1")


def lambda_handler(event, context):
    """Reads single rows, and takes the means here."""
    response = query_client.query(
        QueryString="""SELECT zone_id, sensor_id, temperature, time FROM "iot"."temperaturesensor"
        WHERE measure_name = 'id' AND time >= ago(1m)"""
    )
    zones = defaultdict(list)
    for row in response["Rows"]:
        zone, _sensor, temperature, _time = [value["ScalarValue"] for value in row["Data"]]
        if float(temperature) < 40:
            zones[zone].append(float(temperature))
    for zone, temperatures in zones.items():
        mean = sum(temperatures) / len(temperatures)
        print("zone", zone, "mean", mean)
        state = True if mean > 35 else False if mean < 20 else None
        if state is not None:
            message = {"state": {"enabled": state}}
            iot_client.publish(topic="AC/AC-" + zone, qos=0, payload=json.dumps(message))
    return {"statusCode": 200}
'''
TESTS_OF_NOTHING = """\
def test_it_is_there():
    assert True
"""
MODULE_MAIN = """\
module "house" {
  source = "./house"
}

output "iot_endpoint" {
  value = module.house.iot_endpoint
}
"""


def in_a_module() -> Files:
    """Return the practical with all of its resources in a module of its own."""
    moved = {
        name.replace("terraform/", "terraform/house/"): text
        for name, text in MAIN.items()
        if name.startswith("terraform/") and name != "terraform/provider.tf"
    }
    moved["terraform/house/iot.tf"] = moved["terraform/house/iot.tf"].replace(
        'file("files/', 'file("${path.module}/files/'
    )
    moved["terraform/house/output.tf"] = moved["terraform/house/output.tf"].replace(
        "${path.module}/../files", "${path.root}/../files"
    )
    rest = {name: text for name, text in MAIN.items() if not name.startswith("terraform/")}
    given = {"terraform/provider.tf": MAIN["terraform/provider.tf"]}
    return {**rest, **given, **moved, "terraform/main.tf": MODULE_MAIN}


def in_one_file() -> Files:
    """Return the practical with all of its Terraform in main.tf, with Windows line ends."""
    names = [name for name in MAIN if name.endswith(".tf")]
    whole = "".join(MAIN[name] for name in names).replace("\n", "\r\n")
    rest = {name: text for name, text in MAIN.items() if name not in names}
    return {**rest, "terraform/main.tf": whole}


LEGITIMATE = {
    "renamed": Variant(renamed()),
    "strict policy": Variant({**MAIN, "terraform/files/iot_policy.json": STRICT_POLICY}),
    "valid rule filters": Variant(
        changed(
            IOT_TF,
            "FROM 'sensor/temperature/+'\"",
            "FROM 'sensor/temperature/+' WHERE temperature < 40\"",
        )
    ),
    "a rule for each sensor": Variant(
        {
            **MAIN,
            IOT_TF: IOT
            + per_sensor(HOT_RULE, "temperature_rule")
            + per_sensor(READINGS_RULE, "timestream_rule"),
        }
    ),
    "newer runtime": Variant(changed(LAMBDA_TF, "python3.7", "python3.12")),
    "all in one file": Variant(in_one_file()),
    "a module": Variant(in_a_module()),
    "policy documents": Variant({**MAIN, IAM_TF: POLICY_DOCUMENTS}),
    "another handler": Variant(of_function("ac_control_lambda", "climate_control")),
    "names by environment": Variant(
        {
            **MAIN,
            HANDLER: BY_ENVIRONMENT,
            "ac_control_lambda/tests/test_ac_control_lambda.py": TESTS_OF_NOTHING,
            LAMBDA_TF: LAMBDA.replace("}\n", ENVIRONMENT[1:]) + SCHEDULE,
        },
        lost=frozenset({"part5-tests"}),
    ),
    "publishes to the endpoint": Variant(
        {
            **MAIN,
            HANDLER: BY_ENDPOINT,
            LAMBDA_TF: LAMBDA.replace(
                "}\n",
                "  environment {\n    variables = { IOT_ENDPOINT = "
                "data.aws_iot_endpoint.iot_endpoint.endpoint_address }\n  }\n}\n",
            )
            + SCHEDULE,
        }
    ),
    "means in Python": Variant(
        {
            **MAIN,
            HANDLER: IN_PYTHON,
            "ac_control_lambda/tests/test_ac_control_lambda.py": TESTS_OF_NOTHING,
        },
        lost=frozenset({"part5-tests"}),
    ),
    "a cron schedule": Variant(changed(LAMBDA_TF, "rate(1 minute)", "cron(* * * * ? *)")),
    "action of version 1": Variant({**MAIN, IOT_TF: IOT + V1_RULE + READINGS_RULE}),
    "a filter of both": Variant(
        changed(
            IOT_TF,
            "'sensor/temperature/+' where temperature >= 40",
            "'sensor/+/+' WHERE topic(2) = 'temperature' AND NOT (temperature < 40)",
        )
    ),
}
OTHER_WAYS = {
    "every topic": Variant(
        {**MAIN, IOT_TF: MAIN[IOT_TF].replace("sensor/temperature/+", "sensor/#")},
        lost=frozenset({"part2-mild-39-9", "part3-boundary"}),
        told={"part2-mild-39-9": "attic", "part3-boundary": "attic"},
    ),
}
LOOKS_RIGHT = {
    "policy lacks the action": Variant(
        changed(IAM_TF, "dynamodb:PutItem", "dynamodb:GetItem"),
        lost=frozenset({"part2-role", "part2-hot-45", "part2-hot-40", "part2-mild-39-9"}),
        told={"part2-role": "dynamodb:PutItem on the table is implicitDeny"},
    ),
    "two policies of one name": Variant(
        changed(IAM_TF, '"lambda_iot"\n  role', '"lambda_timestream"\n  role'),
        lost=frozenset({"part4-role-publish", *LOOP}),
        told={"part4-role-publish": "iot:Publish on the topic AC/AC-1 is implicitDeny"},
    ),
    "template names an alias": Variant(
        {
            **MAIN,
            IOT_TF: IOT
            + HOT_RULE
            + READINGS_RULE.replace("SELECT *", "SELECT temperature AS temp, *").replace(
                "$${temperature}", "$${temp}"
            ),
        },
        lost=frozenset({"part3-dimensions", *LOOP}),
        told={"part3-dimensions": "temperature = ,"},
    ),
    "artifact that does not exist": Variant(
        changed(".gitlab-ci.yml", "- payload.zip", "- build/function.zip"),
        lost=frozenset({"part5-artifact", "part5-green"}),
        told={"part5-artifact": "build/function.zip"},
    ),
    "deploys to another region": Variant(
        changed("bin/deploy_lambda.sh", "--region eu-west-1", "--region us-east-1"),
        lost=frozenset({"part4-function", "part5-green", *LOOP}),
        told={"part4-function": "us-east-1"},
    ),
    "nobody may invoke it": Variant(
        changed(
            LAMBDA_TF,
            "source_arn    = aws_cloudwatch_event_rule.every_one_minute.arn",
            'source_arn    = "arn:aws:events:eu-west-1:123456789012:rule/other"',
        ),
        lost=frozenset({"part4-permission", *LOOP}),
        told={"part4-hot": "source_arn"},
    ),
    "no hysteresis": Variant(
        changed(HANDLER, "return None", "return False"),
        lost=frozenset({"part4-mild"}),
        told={"part4-mild": "a mild zone that was on was switched off"},
    ),
    "reads without right": Variant(
        {
            **MAIN,
            IAM_TF: MAIN[IAM_TF].replace(
                SELECT_POLICY,
                role_policy(
                    "lambda_timestream",
                    "lambda_timestream",
                    "lambda_role",
                    ("timestream:Select", READINGS_ARN),
                ),
            ),
        },
        lost=frozenset({"part4-role", "part4-function", *LOOP}),
        told={"part4-role": "timestream:DescribeEndpoints"},
    ),
    "wrong unit of time": Variant(
        changed(IOT_TF, 'unit  = "MILLISECONDS"', 'unit  = "SECONDS"'),
        lost=frozenset(
            {"part3-readings", "part3-dimensions", "part3-boundary", "part4-function", *LOOP}
        ),
        told={"part3-readings": "in SECONDS"},
    ),
}
DEPLOYER = """\
resource "aws_iam_user" "ci" {
  name = "ci"
}

data "aws_iam_policy_document" "ci" {
  statement {
    actions   = ["lambda:UpdateFunctionCode"]
    resources = [aws_lambda_function.ac_control_lambda.arn]
  }
}

resource "aws_iam_user_policy" "ci" {
  name   = "deploy"
  user   = aws_iam_user.ci.name
  policy = data.aws_iam_policy_document.ci.json
}
"""
SQL = """\
SELECT {columns}
FROM "iot"."temperaturesensor"
WHERE measure_name = 'zone_id' AND time > ago(15m) AND CAST(temperature AS DOUBLE) < 40
"""
READINGS = SQL.replace(
    "{columns}", "time, sensor_id, zone_id, CAST(temperature AS DOUBLE) AS degrees"
)
MEANS = (
    SQL.replace(
        "{columns}", "bin(time, 1m) AS minute, zone_id, AVG(CAST(temperature AS DOUBLE)) AS mean"
    )
    + "GROUP BY bin(time, 1m), zone_id\n"
)
DECISIONS = f"""\
SELECT minute, zone_id,
  CASE WHEN mean > {{on_above_c}} THEN 'on' WHEN mean < {{off_below_c}} THEN 'off' END AS says
FROM (
{MEANS})
"""


def every_other_way() -> Files:
    """Return a submission that does all of the practical in another way, with the bonus part."""
    files = of_function("ac_control_lambda", "climate_control")
    rules = per_sensor(HOT_RULE, "temperature_rule") + per_sensor(
        READINGS_RULE.replace("/+'\"", "/+' WHERE temperature < 40\""), "timestream_rule"
    )
    environment = """\
  timeout = 15
  environment {
    variables = { IOT_ENDPOINT = data.aws_iot_endpoint.iot_endpoint.endpoint_address }
  }
}
"""
    function = (
        files[LAMBDA_TF]
        .replace("python3.7", "python3.12")
        .replace("rate(1 minute)", "cron(* * * * ? *)")
    )
    parts = [
        MAIN["terraform/provider.tf"],
        MAIN["terraform/output.tf"],
        IOT + rules,
        MAIN["terraform/dynamo.tf"],
        TIMESTREAM,
        POLICY_DOCUMENTS + DEPLOYER,
        function.replace("}\n", environment, 1),
    ]
    others = {name: text for name, text in files.items() if not name.endswith(".tf")}
    return {
        **others,
        "terraform/main.tf": "\n".join(parts).replace("\n", "\r\n"),
        "terraform/files/iot_policy.json": STRICT_POLICY,
        "ac_control_lambda/src/climate_control.py": BY_ENDPOINT.replace("lambda_handler", "run"),
        "dashboard/readings.sql": READINGS,
        "dashboard/zone_means.sql": MEANS,
        "dashboard/decisions.sql": DECISIONS,
        "dashboard/invalid.partiql": 'SELECT * FROM "Temperature" WHERE zone_id = 2',
    }


def wrong_in_many_ways() -> Files:
    """Return a submission with several mistakes that each look right, in parts that are apart."""
    files = changed("bin/deploy_lambda.sh", "#!/bin/bash", "#!/bin/bash\r")
    files = changed(IAM_TF, "dynamodb:PutItem", "dynamodb:GetItem", files)
    files = changed(HANDLER, "return None", "return False", files)
    return changed(".gitlab-ci.yml", "- payload.zip", "- build/function.zip", files)


EVERY_OTHER_WAY = Variant(every_other_way(), lost=frozenset({"part5-tests"}))
WRONG_IN_MANY_WAYS = Variant(
    wrong_in_many_ways(),
    lost=LOOKS_RIGHT["policy lacks the action"].lost
    | LOOKS_RIGHT["artifact that does not exist"].lost
    | LOOKS_RIGHT["no hysteresis"].lost,
    told={
        **LOOKS_RIGHT["policy lacks the action"].told,
        **LOOKS_RIGHT["artifact that does not exist"].told,
        **LOOKS_RIGHT["no hysteresis"].told,
    },
)

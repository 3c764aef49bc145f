"""One block of HCL for each action of a topic rule, with every argument that it has."""

from __future__ import annotations

from lab_utils.settings import LOCAL_ACCOUNT

ROLE = f'role_arn = "arn:aws:iam::{LOCAL_ACCOUNT}:role/rule_actions"'
ACTIONS = {
    "cloudwatch_alarm": f"""
        cloudwatch_alarm {{
          alarm_name   = "hot"
          state_reason = "too hot"
          state_value  = "ALARM"
          {ROLE}
        }}
    """,
    "cloudwatch_logs": f"""
        cloudwatch_logs {{
          batch_mode     = true
          log_group_name = "readings"
          {ROLE}
        }}
    """,
    "cloudwatch_metric": f"""
        cloudwatch_metric {{
          metric_name      = "temperature"
          metric_namespace = "house"
          metric_timestamp = "2026-01-02T03:04:05Z"
          metric_unit      = "None"
          metric_value     = "$${{temperature}}"
          {ROLE}
        }}
    """,
    "dynamodb": f"""
        dynamodb {{
          hash_key_field  = "id"
          hash_key_type   = "STRING"
          hash_key_value  = "$${{id}}"
          operation       = "INSERT"
          payload_field   = "data"
          range_key_field = "time"
          range_key_type  = "NUMBER"
          range_key_value = "$${{timestamp()}}"
          table_name      = "Temperature"
          {ROLE}
        }}
    """,
    "dynamodbv2": f"""
        dynamodbv2 {{
          put_item {{ table_name = "Temperature" }}
          {ROLE}
        }}
    """,
    "elasticsearch": f"""
        elasticsearch {{
          endpoint = "https://search.example.com"
          id       = "$${{id}}"
          index    = "readings"
          type     = "reading"
          {ROLE}
        }}
    """,
    "firehose": f"""
        firehose {{
          batch_mode           = true
          delivery_stream_name = "readings"
          separator            = "\\n"
          {ROLE}
        }}
    """,
    "http": """
        http {
          confirmation_url = "https://example.com/confirm"
          url              = "https://example.com/readings"
          http_header {
            key   = "X-One"
            value = "1"
          }
          http_header {
            key   = "X-Two"
            value = "2"
          }
        }
    """,
    "iot_analytics": f"""
        iot_analytics {{
          channel_name = "readings"
          {ROLE}
        }}
    """,
    "iot_events": f"""
        iot_events {{
          batch_mode = false
          input_name = "readings"
          message_id = "$${{id}}"
          {ROLE}
        }}
    """,
    "kafka": """
        kafka {
          client_properties = { acks = "1", "bootstrap.servers" = "b-1.example.com:9094" }
          destination_arn   = "arn:aws:iot:eu-west-1:123456789012:ruledestination/vpc/one"
          key               = "$${id}"
          partition         = "0"
          topic             = "readings"
          header {
            key   = "one"
            value = "1"
          }
        }
    """,
    "kinesis": f"""
        kinesis {{
          partition_key = "$${{newuuid()}}"
          stream_name   = "readings"
          {ROLE}
        }}
    """,
    "lambda": """
        lambda { function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:some" }
    """,
    "republish": f"""
        republish {{
          qos   = 1
          topic = "alarms/hot"
          {ROLE}
        }}
    """,
    "s3": f"""
        s3 {{
          bucket_name = "readings"
          canned_acl  = "private"
          key         = "$${{topic()}}/$${{timestamp()}}"
          {ROLE}
        }}
    """,
    "sns": f"""
        sns {{
          message_format = "JSON"
          target_arn     = "arn:aws:sns:eu-west-1:123456789012:readings"
          {ROLE}
        }}
    """,
    "sqs": f"""
        sqs {{
          queue_url  = "https://sqs.eu-west-1.amazonaws.com/123456789012/readings"
          use_base64 = false
          {ROLE}
        }}
    """,
    "step_functions": f"""
        step_functions {{
          execution_name_prefix = "reading"
          state_machine_name    = "readings"
          {ROLE}
        }}
    """,
    "timestream": f"""
        timestream {{
          database_name = "iot"
          table_name    = "temperaturesensor"
          dimension {{
            name = "sensor_id"
            value = "$${{sensor_id}}"
          }}
          dimension {{
            name = "zone_id"
            value = "$${{zone_id}}"
          }}
          timestamp {{
            unit  = "MILLISECONDS"
            value = "$${{timestamp()}}"
          }}
          {ROLE}
        }}
    """,
}

SERVED = (
    *("cloudwatch_logs", "dynamodb", "dynamodbv2", "kinesis", "lambda", "republish"),
    *("s3", "sns", "sqs", "timestream"),
)
"""What the embedded AWS runs; it refuses the others when a rule is made."""


def rule(
    name: str,
    actions: str,
    *,
    sql: str = "SELECT * FROM 'sensor/temperature/+' WHERE temperature >= 40",
    sql_version: str = "2016-03-23",
    enabled: str = "true",
    tags: str = "{}",
) -> str:
    """Return a topic rule at the address ``aws_iot_topic_rule.it``."""
    return f"""
        resource "aws_iot_topic_rule" "it" {{
          name        = "{name}"
          enabled     = {enabled}
          sql         = "{sql}"
          sql_version = "{sql_version}"
          tags        = {tags}
          {actions}
        }}
    """

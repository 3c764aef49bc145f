"""HCL of Lambda functions."""

from __future__ import annotations

ROLE = """
    resource "aws_iam_role" "lambda_role" {
      name               = "ROLE"
      assume_role_policy = jsonencode({
        Version   = "2012-10-17"
        Statement = [{
          Action    = "sts:AssumeRole"
          Principal = { Service = "lambda.amazonaws.com" }
          Effect    = "Allow"
          Sid       = ""
        }]
      })
    }
"""
FUNCTION = """
    resource "aws_lambda_function" "it" {
      function_name = "NAME"
      filename      = "files/empty_package.zip"
      handler       = "ac_control_lambda.lambda_handler"
      runtime       = "python3.13"
      role          = aws_iam_role.lambda_role.arn
      MORE
    }
"""


def function(name: str, more: str = "") -> str:
    """Return the HCL of a function and its role."""
    return ROLE.replace("ROLE", f"{name}-role") + FUNCTION.replace("NAME", name).replace(
        "MORE", more
    )

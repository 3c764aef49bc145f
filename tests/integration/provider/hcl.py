"""Configurations that several tests share."""

from __future__ import annotations

ALLOW_EVERYTHING = """jsonencode({
  Version   = "2012-10-17"
  Statement = [{ Effect = "Allow", Action = "iot:*", Resource = "*" }]
})"""


def certificate(name: str = "cert") -> str:
    """Return an active certificate."""
    return f'resource "aws_iot_certificate" "{name}" {{ active = true }}\n'


def policy(name: str, document: str = ALLOW_EVERYTHING) -> str:
    """Return a policy of that name, at the address ``aws_iot_policy.it``."""
    return f"""
        resource "aws_iot_policy" "it" {{
          name   = "{name}"
          policy = {document}
        }}
    """

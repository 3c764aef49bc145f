"""Databases and tables of Timestream that several tests share."""

from __future__ import annotations


def database(name: str, more: str = "") -> str:
    """Return the HCL of a database."""
    return f"""
        resource "aws_timestreamwrite_database" "it" {{
          database_name = "{name}"
          {more}
        }}
    """


def table(database_name: str, name: str, more: str = "") -> str:
    """Return the HCL of a table and its database."""
    return (
        database(database_name)
        + f"""
        resource "aws_timestreamwrite_table" "it" {{
          database_name = aws_timestreamwrite_database.it.database_name
          table_name    = "{name}"
          {more}
        }}
    """
    )


def retention(hours: int, days: int) -> str:
    """Return the block of the retention."""
    return f"""
        retention_properties {{
          memory_store_retention_period_in_hours  = {hours}
          magnetic_store_retention_period_in_days = {days}
        }}
    """


def partition_key(enforcement: str) -> str:
    """Return the block of a partition key by ``zone_id``."""
    return f"""
        schema {{
          composite_partition_key {{
            enforcement_in_record = "{enforcement}"
            name                  = "zone_id"
            type                  = "DIMENSION"
          }}
        }}
    """

"""Terraform providers in Python: hashicorp/aws, local, archive, null, random and time."""

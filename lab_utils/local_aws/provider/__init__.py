"""Terraform providers in Python: hashicorp/aws, hashicorp/local and hashicorp/archive."""

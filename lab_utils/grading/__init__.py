"""Releasing the course and grading it: by behaviour, in a sandbox, in parallel."""

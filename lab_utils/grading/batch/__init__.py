"""Grading many submissions in parallel: what ``lab grade`` does."""

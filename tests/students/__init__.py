"""Students' submissions in the practical's own form, written for the tests."""

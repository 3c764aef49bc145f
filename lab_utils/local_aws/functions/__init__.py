"""Lambda's Python functions: packages, execution environments and their logs."""

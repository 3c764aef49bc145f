"""AWS IoT rule SQL: statements and substitution templates, parsed once and run as closures."""

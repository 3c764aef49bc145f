"""What runs inside a function's own process; it imports nothing but the standard library."""

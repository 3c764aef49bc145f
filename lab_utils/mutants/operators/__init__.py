"""The mistakes that are made in a function's sources, a file a family of them."""

"""The checks of the exercises: they look at behaviour through the AWS APIs, for any naming."""

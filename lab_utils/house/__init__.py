"""The simulated house: rooms that warm and cool, and their sensors and air conditioners."""

"""Programs that take the place of those that a machine may lack, or must not be changed by.

Each is started as a program of its own, with nothing but Python's standard library.
"""

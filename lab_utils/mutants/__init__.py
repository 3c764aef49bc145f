"""Scores the tests of a function by mutants: which mistakes in it do they notice?"""

from lab_utils.mutants.scoring import TestScore, score_once, score_tests

__all__ = ["TestScore", "score_once", "score_tests"]

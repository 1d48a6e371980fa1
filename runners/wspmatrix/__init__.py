"""wspmatrix runs wspcheck, reads its records and turns them into one matrix for people and programs."""

__version__ = "1.0.0"

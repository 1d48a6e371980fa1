"""The judge is judged: which mutant of the reference is killed by which case, and what survives.

A mutant is a provider that breaks one statement (fixtures/providers/faulty). The table of mutants says which
statement that is; all else comes from records.
"""

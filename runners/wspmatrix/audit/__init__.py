"""Evidence of one run that stands on its own: the records, a report made from them, and hashes."""

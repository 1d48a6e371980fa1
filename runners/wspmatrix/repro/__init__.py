"""One case of one entry as a C program of one file: the calls of its record, without the suite."""

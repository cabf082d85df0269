"""The command line: one module a command; words in, words and an exit code out, no decisions."""

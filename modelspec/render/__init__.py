"""Text: a release and templates in, the files that run and watch it out; never touches a disk."""

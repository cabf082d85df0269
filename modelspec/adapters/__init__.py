"""The outside: git, engine, registry, disk, processes, clock; every effect has its place here."""

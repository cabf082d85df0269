"""Rows: read a table, check every cell, divide it, describe its features."""

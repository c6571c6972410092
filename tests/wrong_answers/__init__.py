"""Plausible mistakes, a module a day; each is caught by the check that it names."""

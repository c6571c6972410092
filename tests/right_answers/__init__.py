"""Right answers written in other ways than the solution, a module a day; each passes."""

"""Days as Jupyter notebooks, and answers back out of them. Plain JSON and syntax: no Jupyter is needed, and no JAX."""

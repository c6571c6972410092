"""A picture in a terminal: two pixels a character cell where there are colours, rows of marks where there are none."""

"""How something leaves the house: one file per kind; plain data in, a plain outcome out."""

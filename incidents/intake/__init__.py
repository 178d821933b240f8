"""What monitoring systems send: one file per kind; a body in, plain alerts out."""

"""Studies: one comparison under several conditions, such as training sizes or datasets."""

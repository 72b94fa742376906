"""Where rows come from, and splitting and scaling them."""

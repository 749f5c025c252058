"""Whether a rig is fit to work: what is tested, what the outcome means, and a page to file."""

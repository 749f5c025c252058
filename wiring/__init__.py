"""Drawings of the three builds: WireViz sources, what is generated from them, and the checks of both."""

"""What an LCD driver chip was told, from a logic analyser's capture of its bus: the glass without a camera; pure."""

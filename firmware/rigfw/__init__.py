"""The rig firmware: link server, key jobs, keypad drivers, glass tap, safety."""

"""The emulated board: everything between the pins of the rig's ESP32 and the meter's keypad, as pure cores and a process."""

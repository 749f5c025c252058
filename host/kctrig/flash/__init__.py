"""The rig firmware on its way to an ESP32: the file system image, esptool, what is on a board now."""

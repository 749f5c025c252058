"""The wire: frames and messages, the same files on the host and on the device."""

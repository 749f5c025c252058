"""First thing after every reset: nothing moves on a meter, so there is nothing to make safe. Line numbers are not kept."""

import micropython

micropython.opt_level(3)  # 2 kB of heap

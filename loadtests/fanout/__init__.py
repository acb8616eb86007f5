"""The cost of one message to a whole room, against the kernel's floor and against others."""

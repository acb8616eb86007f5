"""What one message to a whole room costs, against the kernel's floor and against others."""

"""The pure core: it decides, and awaits nothing, reads no clock, opens no socket."""

"""The commands: one file each. Only light imports at the top, so that `--help` answers at once."""

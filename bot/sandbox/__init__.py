"""Stand-ins for systems that cannot be reached from here; they speak the real wire formats."""

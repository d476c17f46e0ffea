"""One payment provider per file, behind `protocol.Provider`."""

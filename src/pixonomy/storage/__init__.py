"""Everything on disk: whole-file writes, locks, fingerprints, checkpoints, and the object store."""

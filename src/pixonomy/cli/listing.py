"""`list`: the names that other verbs take."""

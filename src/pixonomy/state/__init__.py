"""What the service keeps: savers, uploads, goals, consents, corrections, counts, tokens."""

"""The same for apps: uploads, corrections and goals of their users, as JSON."""

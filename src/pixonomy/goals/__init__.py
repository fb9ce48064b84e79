"""Goals that people save for: what is usual for one, and what it is a month."""

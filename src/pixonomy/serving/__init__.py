"""The service: a bundle behind HTTP, in one web process and workers that do the decoding."""

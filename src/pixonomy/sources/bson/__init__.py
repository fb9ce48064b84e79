"""Reads a catalogue in BSON, as Cdiscount ships it: products with images inside."""

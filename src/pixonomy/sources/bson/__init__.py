"""A catalogue in BSON, as Cdiscount ships it: products with pictures inside."""

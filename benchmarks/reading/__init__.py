"""Measure how well posts are read, beside peers."""

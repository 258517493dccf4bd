"""Measurements on data of others and of speed; run by hand, not part of the installed package."""

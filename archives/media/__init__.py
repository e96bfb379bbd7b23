"""Keeping, serving and deleting the files of segments."""

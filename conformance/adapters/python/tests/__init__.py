"""Tests of the package: python3 -m unittest, beside this directory."""

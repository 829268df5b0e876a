"""Measures speed and size on one made-up province: ``sh scripts/bench``."""

"""Pages of the programmes, plans, their text and their reporting duties."""

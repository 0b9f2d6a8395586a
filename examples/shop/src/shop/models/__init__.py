"""What the shop keeps in its database."""

"""What is known of code outside the project: one table, asked by everything that meets such code."""

"""The facts about code outside the project: one table, which all parts of the program ask."""

"""What a rule and a fix are, and what they say."""

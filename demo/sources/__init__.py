"""How each of five sources sends the posts of the demo."""

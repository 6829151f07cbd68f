"""Define Mistake, the base of the errors that whoever runs hatemine can put right."""


class Mistake(ValueError):
    """Something given to us is not as expected; the message says what, where, and what was expected."""

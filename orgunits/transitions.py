"""What a state change raises when it cannot be made; config turns it into a 409 page."""


class Conflict(Exception):
    """Somebody was faster, or the row is in another state; the message is a Vietnamese sentence for the user."""

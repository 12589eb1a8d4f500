"""What keeps a notebook from becoming a report, in one line that a reader can act on."""


class PublishingError(Exception):
    """A notebook that can't be set as a report: the line says which, where in it, and what to do."""

"""Why a verb said no, in a sentence that a page can show as it is."""


class Refused(Exception):
    """The act was not done; `str(error)` says why and what to do next."""


class Stale(Refused):
    """Somebody else changed the thing since the form was drawn; nothing was done."""

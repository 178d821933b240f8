from timeline.models.event import Event
from timeline.models.stream import Stream

__all__ = ["Event", "Stream"]

"""Where bugs of a service are written down: the address of a new, prefilled issue."""

from urllib.parse import urlencode, urlsplit

from django.core.exceptions import ValidationError
from django.db import models

# Browsers and servers cut longer addresses; what does not fit is pasted.
LONGEST_URL = 7000
CUT = "\n\n(cut: the whole text is in the retrospective)"


class TrackerKind(models.TextChoices):
    GITHUB = "github", "GitHub"
    GITLAB = "gitlab", "GitLab"
    JIRA = "jira", "Jira"


class BugTracker(models.Model):
    """One service's tracker. Firebreak opens its form in the reader's browser; it holds no key and posts nothing."""

    service = models.OneToOneField("rollbacks.Service", on_delete=models.CASCADE, related_name="bug_tracker")
    kind = models.CharField(max_length=10, choices=TrackerKind.choices, default=TrackerKind.GITHUB)
    url = models.URLField(
        max_length=500,
        help_text="GitHub, GitLab: the project's page. Jira: …/secure/CreateIssueDetails!init.jspa?pid=10000&issuetype=1",
    )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.service}"

    def clean(self) -> None:
        if urlsplit(self.url).scheme not in ("http", "https"):
            raise ValidationError({"url": "The address begins with https://."})

    def new_issue(self, title: str, text: str) -> str:
        """The address of the tracker's own form with title and text filled in."""
        address = self._address(title, text)
        while len(address) > LONGEST_URL and len(text) > 200:
            text = text.removesuffix(CUT)[: int(len(text) * 0.8)] + CUT
            address = self._address(title, text)
        return address

    def _address(self, title: str, text: str) -> str:
        if self.kind == TrackerKind.JIRA:
            mark = "&" if "?" in self.url else "?"
            return f"{self.url}{mark}{urlencode({'summary': title[:240], 'description': text})}"
        base = self.url.rstrip("/")
        if self.kind == TrackerKind.GITLAB:
            return f"{base}/-/issues/new?{urlencode({'issue[title]': title[:240], 'issue[description]': text})}"
        return f"{base}/issues/new?{urlencode({'title': title[:240], 'body': text})}"

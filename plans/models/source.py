"""Where a plan's text is kept, when that is a folder or a Git repository and not this installation."""

from django.db import models

from plans.models.plan import Plan


class PlanSource(models.Model):
    """The file that a plan follows. `manage.py plan sync` brings its text; nobody types it here."""

    plan = models.OneToOneField(Plan, on_delete=models.CASCADE, related_name="source")
    # As it was given to `plan sync`: an absolute folder, or the address of a repository.
    folder = models.CharField(max_length=500)
    path = models.CharField(max_length=500)
    # Of the last commit that changed the file; empty for a folder that is no repository.
    commit = models.CharField(max_length=64, blank=True, default="")
    committed_by = models.CharField(max_length=200, blank=True, default="")
    # SHA-256 of the file's text as it was last seen: another text in the plan was written here.
    sha256 = models.CharField(max_length=64, blank=True, default="")
    synced_at = models.DateTimeField()
    missing_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["folder", "path"], name="one_plan_per_file")]

    def __str__(self) -> str:
        return f"{self.path} of {self.folder}"

    @property
    def short_commit(self) -> str:
        return self.commit[:10]

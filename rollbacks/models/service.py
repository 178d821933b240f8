"""What users depend on, and where it runs."""

from django.db import models


class Service(models.Model):
    """Something that users depend on."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Environment(models.Model):
    """Where services run. Production wears a mark on every page that others never have."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    is_production = models.BooleanField(default=False)

    class Meta:
        ordering = ["-is_production", "name"]

    def __str__(self) -> str:
        return self.name

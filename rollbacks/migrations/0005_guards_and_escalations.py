import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("rollbacks", "0004_secrets_and_flag_services"),
    ]

    operations = [
        migrations.CreateModel(
            name="Guard",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "target",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="guard", to="rollbacks.target"
                    ),
                ),
                ("detects", models.BooleanField(blank=True, null=True)),
                ("escalates", models.BooleanField(default=False)),
            ],
            options={},
        ),
        migrations.CreateModel(
            name="Maintenance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "target",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="maintenance", to="rollbacks.target"
                    ),
                ),
                ("begins_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("reason", models.CharField(max_length=300)),
                (
                    "planned_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("planned_at", models.DateTimeField()),
                ("canceled_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name_plural": "maintenance windows",
                "ordering": ["-begins_at"],
                "indexes": [models.Index(fields=["target", "ends_at"], name="maintenance_by_end")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("begins_at"))),
                        name="maintenance_ends_after_it_begins",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Detected",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "target",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="detected", to="rollbacks.target"
                    ),
                ),
                ("key", models.CharField(max_length=300)),
                ("holds", models.BooleanField(default=False)),
                ("held_since", models.DateTimeField(blank=True, null=True)),
                ("calm_since", models.DateTimeField(blank=True, null=True)),
                ("looked_at", models.DateTimeField()),
                ("words", models.CharField(blank=True, default="", max_length=500)),
                ("data", models.JSONField(blank=True, default=dict)),
            ],
            options={
                "ordering": ["target", "key"],
                "constraints": [models.UniqueConstraint(fields=("target", "key"), name="one_state_per_condition")],
            },
        ),
        migrations.CreateModel(
            name="ProcessReading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "target",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="process_readings",
                        to="rollbacks.target",
                    ),
                ),
                ("at", models.DateTimeField()),
                ("alive", models.BooleanField(default=True)),
                ("pid", models.PositiveIntegerField(blank=True, null=True)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("rss_kb", models.PositiveBigIntegerField(blank=True, null=True)),
            ],
            options={
                "ordering": ["at", "pk"],
                "indexes": [models.Index(fields=["target", "at"], name="process_readings_by_time")],
            },
        ),
        migrations.CreateModel(
            name="Escalation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="escalation", to="rollbacks.run"
                    ),
                ),
                ("level", models.PositiveSmallIntegerField()),
                ("offered_at", models.DateTimeField()),
                ("why", models.CharField(max_length=300)),
                ("evidence", models.CharField(max_length=600)),
                ("automatic", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
    ]

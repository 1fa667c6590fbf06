"""Messages about a topic of another part of the center, changed where they were said."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q

SUBJECTS = ("alert", "digest", "budget", "test", "notice")


def _text(length: int) -> models.CharField[str, str]:
    return models.CharField(blank=True, help_text="Of a notice.", max_length=length)


class Migration(migrations.Migration):
    dependencies = [("alerts", "0011_evaluation_version")]

    operations = [
        migrations.RemoveConstraint("message", "one_message_a_day_and_channel"),
        migrations.AddField("message", "topic", _text(100)),
        migrations.AddField("message", "text", _text(1000)),
        migrations.AlterField(
            "message",
            "subject",
            models.CharField(
                choices=[(one, one.capitalize()) for one in SUBJECTS],
                default="alert",
                max_length=6,
            ),
        ),
        migrations.AddConstraint(
            "message",
            models.UniqueConstraint(
                condition=Q(alert=None, topic=""),
                fields=("channel", "subject", "day"),
                name="one_message_a_day_and_channel",
            ),
        ),
        migrations.AddConstraint(
            "message",
            models.UniqueConstraint(
                condition=~Q(topic=""),
                fields=("channel", "topic"),
                name="one_message_a_topic_and_channel",
            ),
        ),
        migrations.AddConstraint(
            "message",
            models.CheckConstraint(
                condition=Q(subject="notice") ^ Q(topic=""), name="notice_has_a_topic"
            ),
        ),
    ]

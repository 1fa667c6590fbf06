"""Where messages go, what each of them has still to say, and who presses their buttons."""

from __future__ import annotations

from datetime import time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regions.credentials import validate_reference


def validate_zone(value: str) -> None:
    """Refuse what is not the name of a time zone."""
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValidationError(_("Write an IANA name such as Europe/Moscow.")) from None


class Channel(models.Model):
    """One chat. Alerts go to the first by `position` that is enabled; the next stand in for it.

    `credential` is a reference: to a bot's token (Telegram), an access token (Matrix), or the whole
    URL (Apprise). `paused_until` keeps the pace that the service asks for.
    """

    class Kind(models.TextChoices):
        CONSOLE = "console", gettext_lazy("console")
        TELEGRAM = "telegram", "Telegram"
        MATRIX = "matrix", "Matrix"
        APPRISE = "apprise", "Apprise"

    name = models.CharField(gettext_lazy("name"), max_length=100, unique=True)
    kind = models.CharField(gettext_lazy("kind"), max_length=10, choices=Kind.choices)
    position = models.PositiveSmallIntegerField(gettext_lazy("position"), unique=True)
    server = models.CharField(
        gettext_lazy("server"),
        max_length=200,
        blank=True,
        help_text=gettext_lazy("Matrix: https://matrix.example. Telegram: empty for its own."),
    )
    address = models.CharField(
        gettext_lazy("address"),
        max_length=200,
        blank=True,
        help_text=gettext_lazy("Telegram: the chat's number. Matrix: !room:matrix.example."),
    )
    thread = models.CharField(
        gettext_lazy("thread"),
        max_length=200,
        blank=True,
        help_text=gettext_lazy("Telegram: the topic's number. Matrix: the thread's first event."),
    )
    credential = models.CharField(
        gettext_lazy("credential"), max_length=2_000, blank=True, validators=[validate_reference]
    )
    proxy = models.CharField(
        gettext_lazy("proxy"),
        max_length=1_000,
        blank=True,
        validators=[validate_reference],
        help_text=gettext_lazy("Its URL: http://… or https://…; it may hold a password."),
    )
    language = models.CharField(
        gettext_lazy("language"), max_length=2, choices=settings.LANGUAGES, default="en"
    )
    time_zone = models.CharField(
        gettext_lazy("time zone"), max_length=50, default="UTC", validators=[validate_zone]
    )
    quiet_from = models.TimeField(gettext_lazy("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(gettext_lazy("quiet until"), null=True, blank=True)
    digest_at = models.TimeField(gettext_lazy("digest at"), null=True, blank=True)
    budget = models.PositiveSmallIntegerField(
        gettext_lazy("messages a day"),
        null=True,
        blank=True,
        help_text=gettext_lazy("Beyond it only what fails rings; empty means no limit."),
    )
    is_enabled = models.BooleanField(gettext_lazy("enabled"), default=True)
    disabled_reason = models.CharField(
        gettext_lazy("why disabled"), max_length=300, blank=True, editable=False
    )
    paused_until = models.DateTimeField(null=True, editable=False)
    n_failures = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        ordering = ("position",)
        verbose_name = gettext_lazy("messenger")
        verbose_name_plural = gettext_lazy("messengers")
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="quiet_hours_have_both_ends",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise ValidationError({"quiet_until": _("Quiet hours have both ends, or none.")})

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def is_quiet_at(self, local: time) -> bool:
        """Return whether quiet hours cover this time of the channel's clock."""
        since, until = self.quiet_from, self.quiet_until
        if since is None or until is None:
            return False
        if since < until:
            return since <= local < until
        return local >= since or local < until


class Message(models.Model):
    """What one channel has been told of one alert, and has still to be told: the outbox.

    A later event changes the row, and then the message in the chat. `event` is what is wanted,
    `told` what was confirmed; between them the row waits. Without an alert it is a message about
    the channel's own day, or the `text` of another part of the center about its `topic`.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        CONFIRMED = "confirmed"
        # Another alert explains it, or it was over before anybody had to hear of it.
        NOT_NEEDED = "not_needed"
        # Another channel says it instead.
        MOVED = "moved"

    class Subject(models.TextChoices):
        ALERT = "alert"
        DIGEST = "digest"
        BUDGET = "budget"
        TEST = "test"
        NOTICE = "notice"

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="messages", db_index=False)
    subject = models.CharField(max_length=6, choices=Subject.choices, default=Subject.ALERT)
    alert = models.ForeignKey("alerts.Alert", models.PROTECT, null=True, related_name="messages")
    event = models.ForeignKey("alerts.AlertEvent", models.PROTECT, null=True, related_name="+")
    told = models.ForeignKey("alerts.AlertEvent", models.PROTECT, null=True, related_name="+")
    day = models.DateField(null=True, help_text="Of the channel's own clock.")
    topic = models.CharField(max_length=100, blank=True, help_text="Of a notice.")
    text = models.CharField(max_length=1000, blank=True, help_text="Of a notice.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    wanted_at = models.DateTimeField(help_text="Since when it waits.")
    next_try_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True)
    remote_id = models.CharField(max_length=255, blank=True)
    sent_digest = models.CharField(max_length=64, blank=True)
    sent_at = models.DateTimeField(null=True, help_text="First time in this channel.")
    confirmed_at = models.DateTimeField(null=True)
    sentence = models.CharField(max_length=300, blank=True, help_text="Why the last try failed.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("channel", "alert"),
                condition=Q(alert__isnull=False),
                name="one_message_an_alert_and_channel",
            ),
            models.UniqueConstraint(
                fields=("channel", "subject", "day"),
                condition=Q(alert=None, topic=""),
                name="one_message_a_day_and_channel",
            ),
            models.UniqueConstraint(
                fields=("channel", "topic"),
                condition=~Q(topic=""),
                name="one_message_a_topic_and_channel",
            ),
            models.CheckConstraint(
                condition=Q(subject="alert", alert__isnull=False, event__isnull=False, day=None)
                | Q(~Q(subject="alert"), alert=None, event=None, day__isnull=False),
                name="message_of_an_alert_or_of_a_day",
            ),
            models.CheckConstraint(
                condition=Q(subject="notice") ^ Q(topic=""), name="notice_has_a_topic"
            ),
        ]
        indexes = [
            models.Index(
                fields=("next_try_at",), condition=Q(state="waiting"), name="message_waiting"
            ),
            models.Index(fields=("channel", "sent_at"), name="message_sent"),
        ]

    def __str__(self) -> str:
        return f"{self.channel_id} {self.alert_id or self.subject} {self.state}"


class MessengerAccount(models.Model):
    """Whom a messenger knows under which number: the buttons act in this person's name."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="messenger_accounts",
        verbose_name=gettext_lazy("person"),
    )
    kind = models.CharField(
        gettext_lazy("kind"), max_length=10, choices=Channel.Kind.choices, default="telegram"
    )
    remote_user = models.CharField(gettext_lazy("number there"), max_length=100)

    class Meta:
        verbose_name = gettext_lazy("account of a messenger")
        verbose_name_plural = gettext_lazy("accounts of messengers")
        constraints = [
            models.UniqueConstraint(fields=("kind", "remote_user"), name="one_person_an_account")
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.kind} {self.remote_user}"

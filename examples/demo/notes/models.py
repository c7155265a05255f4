from pathlib import PurePosixPath

from django.core.validators import FileExtensionValidator
from django.db import models
from django.urls import reverse


class Note(models.Model):
    title = models.CharField(max_length=120)
    body = models.TextField(max_length=4000)
    author = models.CharField("your name", max_length=80)
    # Uploads are served from the site's own origin, so nothing that a browser would run: no HTML,
    # no SVG. How large one may be is for nginx to say (client_max_body_size).
    # Migration 0003 tells why the database has a default of its own.
    attachment = models.FileField(
        upload_to="notes/%Y/%m/",
        validators=[FileExtensionValidator(["gif", "jpeg", "jpg", "pdf", "png", "txt", "zip"])],
        blank=True,
        default="",
        db_default="",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["-created_at", "-id"], name="notes_newest_first")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("note", args=[self.pk])

    @property
    def attachment_name(self) -> str:
        return PurePosixPath(self.attachment.name).name

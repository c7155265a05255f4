from datetime import date

from django.db import models
from django.db.models import F


class DailyCountQuerySet(models.QuerySet):
    def add_view(self, day: date) -> None:
        """Count one more page view. The database does the sum, so no worker undoes another's."""
        self.update_or_create(
            day=day, defaults={"views": F("views") + 1}, create_defaults={"views": 1}
        )

    def views_on(self, day: date) -> int:
        return self.filter(day=day).values_list("views", flat=True).first() or 0


class DailyCount(models.Model):
    day = models.DateField(unique=True)
    views = models.PositiveIntegerField("page views", default=0)

    objects = DailyCountQuerySet.as_manager()

    class Meta:
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day}: {self.views}"

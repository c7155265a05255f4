from django import template
from django.utils import timezone

from visits.models import DailyCount

register = template.Library()


@register.simple_tag
def views_today() -> int:
    """The page views of today that came before this one."""
    return DailyCount.objects.views_on(timezone.localdate())

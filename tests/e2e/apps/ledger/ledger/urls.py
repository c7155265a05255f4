"""The driver that reads the ledger, as the database sees it."""

import psycopg
from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.urls import path


def driver(_request):
    users = get_user_model().objects.count()
    return HttpResponse(f"{psycopg.pq.__impl__} reads {users} users")


urlpatterns = [path("", driver)]

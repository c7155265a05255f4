"""A list of boats, and whether the site is well."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from harbour.models import Boat


def boats(request):
    return render(request, "boats.html", {"boats": Boat.objects.order_by("name")})


urlpatterns = [path("", boats), path("up", lambda _request: HttpResponse("up"))]

from django.urls import path

from notes import views

urlpatterns = [
    path("", views.Board.as_view(), name="board"),
    path("notes/<int:pk>/", views.NotePage.as_view(), name="note"),
]

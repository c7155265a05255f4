from django.views.generic import CreateView, DetailView

from notes.forms import NoteForm
from notes.models import Note

NOTES_ON_BOARD = 50


class Board(CreateView):
    """The front page: the newest notes, and the form that pins up another."""

    form_class = NoteForm
    template_name = "notes/board.html"

    def get_context_data(self, **kwargs):
        return super().get_context_data(notes=Note.objects.all()[:NOTES_ON_BOARD], **kwargs)


class NotePage(DetailView):
    model = Note

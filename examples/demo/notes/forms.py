from django import forms

from notes.models import Note


class NoteForm(forms.ModelForm):
    class Meta:
        model = Note
        fields = ["title", "body", "author", "attachment"]
        widgets = {"body": forms.Textarea(attrs={"rows": 4})}

from django.contrib import admin

from notes.models import Note


@admin.register(Note)
class NoteAdmin(admin.ModelAdmin):
    list_display = ["title", "author", "created_at", "attachment"]
    search_fields = ["title", "body", "author"]
    date_hierarchy = "created_at"

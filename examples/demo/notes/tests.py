from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, TestCase, override_settings

from notes.models import Note

NOTE = {"title": "Tide tables", "body": "High water at noon.", "author": "Ada"}


class BoardTest(TestCase):
    def test_a_new_site_has_a_first_note(self):
        self.assertContains(self.client.get("/"), "Welcome aboard")

    def test_the_front_page_shows_notes_from_the_database(self):
        Note.objects.create(**NOTE)
        self.assertContains(self.client.get("/"), "High water at noon.")

    def test_the_newest_note_comes_first(self):
        for title in ("older", "newer"):
            Note.objects.create(**NOTE | {"title": title})
        self.assertEqual(self.client.get("/").context["notes"][0].title, "newer")

    def test_a_note_that_is_posted_shows_on_its_own_page(self):
        response = self.client.post("/", NOTE, follow=True)
        self.assertRedirects(response, Note.objects.get(title="Tide tables").get_absolute_url())
        self.assertContains(response, "High water at noon.")

    def test_a_note_without_a_title_is_sent_back_with_the_reason(self):
        response = self.client.post("/", NOTE | {"title": ""})
        self.assertFormError(response.context["form"], "title", "This field is required.")

    def test_markup_in_a_note_stays_text(self):
        note = Note.objects.create(**NOTE | {"body": "<script>alert(1)</script>"})
        self.assertNotContains(self.client.get(note.get_absolute_url()), "<script>")

    def test_a_form_from_elsewhere_is_refused(self):
        stranger = Client(enforce_csrf_checks=True)
        with self.assertLogs("django.security.csrf", "WARNING"):
            self.assertEqual(stranger.post("/", NOTE).status_code, 403)


class AttachmentTest(TestCase):
    def setUp(self):
        self.media = self.enterContext(TemporaryDirectory())
        self.enterContext(override_settings(MEDIA_ROOT=self.media))

    def post(self, name: str):
        return self.client.post(
            "/", NOTE | {"attachment": SimpleUploadedFile(name, b"00:12 4.1 m")}, follow=True
        )

    def test_a_note_links_to_its_attachment(self):
        response = self.post("tides.txt")
        attachment = response.context["note"].attachment
        self.assertContains(response, f'<a href="/media/{attachment.name}">tides.txt</a>')
        self.assertEqual(attachment.read(), b"00:12 4.1 m")
        attachment.close()

    def test_an_attachment_is_readable_for_the_group_and_nobody_else(self):
        self.post("tides.txt")
        modes = {path.name: oct(path.stat().st_mode)[-3:] for path in Path(self.media).rglob("*")}
        self.assertEqual((modes["notes"], modes["tides.txt"]), ("750", "640"), modes)

    def test_a_file_that_a_browser_would_run_is_refused(self):
        response = self.post("tides.html")
        self.assertIn("attachment", response.context["form"].errors)
        self.assertEqual(list(Path(self.media).iterdir()), [])


class MigrationTest(TestCase):
    def test_pinning_up_the_first_note_again_adds_no_second(self):
        migration = import_module("notes.migrations.0002_first_note")
        migration.pin_up(apps, connection.schema_editor())
        self.assertEqual(Note.objects.filter(title=migration.TITLE).count(), 1)

    def test_the_release_before_attachments_can_still_insert_a_note(self):
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO notes_note (title, body, author, created_at)"
                " VALUES ('from the old release', '', '', CURRENT_TIMESTAMP)"
            )
        self.assertFalse(Note.objects.get(title="from the old release").attachment)

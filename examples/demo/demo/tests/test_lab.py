import contextlib
import io
import hashlib
import runpy
from unittest import mock

from django.conf import settings
from django.test import AsyncClient, Client, SimpleTestCase, override_settings


class SwitchTest(SimpleTestCase):
    def paths(self) -> list[str]:
        patterns = runpy.run_path(settings.BASE_DIR / "demo" / "urls.py")["urlpatterns"]
        included = [entry for entry in patterns if hasattr(entry, "url_patterns")]
        return [str(entry.pattern) for resolver in included for entry in resolver.url_patterns]

    @override_settings(DEMO_LAB=False)
    def test_a_site_has_no_lab(self):
        self.assertNotIn("slow/", self.paths())

    @override_settings(DEMO_LAB=True)
    def test_a_site_that_asks_for_the_lab_has_it(self):
        self.assertIn("slow/", self.paths())


@override_settings(ROOT_URLCONF="demo.lab")
class LabTest(SimpleTestCase):
    def setUp(self):
        self.sleep = self.enterContext(mock.patch("time.sleep"))

    def test_a_slow_answer_takes_the_seconds_it_was_asked_for(self):
        self.assertContains(self.client.get("/slow/?seconds=2"), "slept 2 s")
        self.sleep.assert_called_once_with(2)

    def test_no_answer_takes_longer_than_ten_seconds(self):
        self.client.get("/slow/?seconds=3600")
        self.sleep.assert_called_once_with(10)

    def test_seconds_that_are_no_number_are_refused(self):
        with self.assertLogs("django.request", "WARNING"):
            self.assertEqual(self.client.get("/slow/?seconds=soon").status_code, 400)

    def test_a_stream_arrives_line_by_line(self):
        lines = list(self.client.get("/stream/?seconds=1"))
        self.assertEqual(len(lines), 10)
        self.assertEqual(lines[-1], b"line 10 of 10\n")

    def test_what_it_shall_say_is_printed_and_numbered(self):
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            self.client.get("/say/?words=ahoy&lines=3")
        self.assertEqual(printed.getvalue(), "ahoy 1\nahoy 2\nahoy 3\n")

    def test_a_number_of_lines_that_is_none_is_refused(self):
        with self.assertLogs("django.request", "WARNING"):
            self.assertEqual(self.client.get("/say/?lines=many").status_code, 400)

    def test_it_fails_with_the_words_it_was_given(self):
        with self.assertRaisesMessage(RuntimeError, "ahoy"):
            self.client.get("/fail/?words=ahoy")

    async def test_under_asgi_a_stream_arrives_line_by_line(self):
        with mock.patch("asyncio.sleep") as sleep:
            lines = [line async for line in await AsyncClient().get("/stream/?seconds=1")]
        self.assertEqual(len(lines), 10)
        self.assertEqual(lines[-1], b"line 10 of 10\n")
        self.assertEqual(sleep.call_count, 10)
        self.sleep.assert_not_called()

    def test_an_upload_is_answered_with_its_hash_and_needs_no_token(self):
        body = bytes(range(256)) * 400
        visitor = Client(enforce_csrf_checks=True)
        answer = visitor.post("/upload/", body, content_type="application/octet-stream")
        self.assertEqual(answer.content.decode(), hashlib.sha256(body).hexdigest() + "\n")

    def test_an_upload_must_be_posted(self):
        with self.assertLogs("django.request", "WARNING"):
            self.assertEqual(self.client.get("/upload/").status_code, 405)

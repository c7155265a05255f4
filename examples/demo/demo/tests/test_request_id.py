import logging

from django.http import HttpResponse
from django.test import RequestFactory, SimpleTestCase

from demo.request_id import AddRequest, remember


class RequestIdTest(SimpleTestCase):
    def about(self, log, **headers):
        """What the line names that `log` writes while a request is answered, and one after it."""
        with self.assertLogs("boats") as logged:
            logging.getLogger("boats").handlers[0].addFilter(AddRequest())

            def view(request):
                log(request)
                return HttpResponse()

            remember(view)(RequestFactory().get("/", headers=headers))
            logging.getLogger("boats").info("after")
        return [record.about for record in logged.records]

    def test_a_line_names_the_request_that_is_answered(self):
        def log(_request):
            logging.getLogger("boats").info("Ahoy")

        self.assertEqual(self.about(log, x_request_id="3f2a1c"), [" (request 3f2a1c)", ""])
        self.assertEqual(self.about(log), ["", ""])

    def test_a_line_that_django_logs_after_all_middleware_names_it_too(self):
        with self.assertLogs("django.request") as logged:
            logging.getLogger("django.request").handlers[0].addFilter(AddRequest())
            self.client.get("/nowhere/", headers={"X-Request-ID": "3f2a1c"})
        self.assertEqual([record.about for record in logged.records], [" (request 3f2a1c)"])

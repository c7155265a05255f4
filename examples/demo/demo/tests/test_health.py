from unittest import mock

from django.db import connections
from django.test import TestCase, override_settings


def unreachable_database():
    connection = connections.create_connection("default")
    connection.settings_dict = connection.settings_dict | {"NAME": "/nowhere/secret-name"}
    return connection


class HealthTest(TestCase):
    @override_settings(RELEASE="20261121T101500Z-3f2a1c9")
    def test_a_healthy_release_says_so_and_names_itself(self):
        response = self.client.get("/health/")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(
            response.json(),
            {"status": "ok", "database": "ok", "release": "20261121T101500Z-3f2a1c9"},
        )

    def test_an_unreachable_database_makes_it_unavailable(self):
        with (
            mock.patch("demo.health.connection", unreachable_database()),
            self.assertLogs(level="ERROR") as log,
        ):
            response = self.client.get("/health/")
        self.assertEqual(response.status_code, 503)
        self.assertEqual(response.json()["status"], "error")
        self.assertEqual(response.json()["database"], "OperationalError, see the log")
        self.assertIn("The database does not answer", log.output[0])

    def test_the_answer_is_never_cached(self):
        self.assertIn("no-store", self.client.get("/health/").headers["Cache-Control"])

    def test_it_costs_one_query(self):
        with self.assertNumQueries(1):
            self.client.get("/health/")

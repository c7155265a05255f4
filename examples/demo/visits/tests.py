from concurrent.futures import ThreadPoolExecutor
from datetime import date

from django.contrib.auth import get_user_model
from django.db import connection
from django.test import SimpleTestCase, TestCase, skipUnlessDBFeature
from django.utils import timezone

from visits.models import DailyCount


class PageViewTest(TestCase):
    def assertCounts(self, views: int) -> None:
        self.assertEqual(DailyCount.objects.views_on(timezone.localdate()), views)

    def test_each_page_shown_counts_once(self):
        self.client.get("/")
        self.client.get("/")
        self.assertCounts(2)

    def test_a_page_says_how_many_came_before(self):
        self.client.get("/")
        self.assertContains(self.client.get("/"), "1 page view before yours today")

    def test_a_health_check_is_no_page_view(self):
        self.client.get("/health/")
        self.assertCounts(0)

    def test_a_page_that_is_not_found_is_no_page_view(self):
        with self.assertLogs("django.request", "WARNING"):
            self.client.get("/nowhere/")
        self.assertCounts(0)

    def test_the_admin_is_no_page_view(self):
        self.client.get("/admin/login/")
        self.assertCounts(0)


class AdminTest(TestCase):
    def setUp(self):
        self.client.force_login(get_user_model().objects.create_superuser("ada"))

    def test_the_counts_are_listed(self):
        DailyCount.objects.create(day=date(2026, 11, 21), views=1234)
        self.assertContains(self.client.get("/admin/visits/dailycount/"), "1234")

    def test_nobody_is_offered_to_add_one(self):
        self.assertNotContains(self.client.get("/admin/"), "/admin/visits/dailycount/add/")


@skipUnlessDBFeature("test_db_allows_multiple_connections")
class ConcurrencyTest(SimpleTestCase):
    """Other connections see committed rows only, so no TestCase; it removes what it writes."""

    databases = {"default"}
    day = date(1900, 1, 1)

    def setUp(self):
        self.addCleanup(DailyCount.objects.filter(day=self.day).delete)

    def add_view(self, _worker) -> None:
        DailyCount.objects.add_view(self.day)
        connection.close()

    def test_workers_that_count_at_the_same_time_lose_nothing(self):
        with ThreadPoolExecutor(8) as workers:
            list(workers.map(self.add_view, range(40)))
        self.assertEqual(DailyCount.objects.views_on(self.day), 40)

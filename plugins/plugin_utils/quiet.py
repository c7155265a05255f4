# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ansible's own callback, silent unless more words were asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.plugins.callback.default import CallbackModule as Default


def only_if_wordy(name: str) -> Callable[..., None]:
    """A method of Ansible's own callback, silent unless more words were asked for."""

    def method(self: Quiet, *args: Any) -> None:
        if self.wordy:
            getattr(Default, name)(self, *args)

    return method


class Quiet(Default):
    """What the collection's callback says nothing of."""

    v2_playbook_on_start = only_if_wordy("v2_playbook_on_start")
    v2_playbook_on_include = only_if_wordy("v2_playbook_on_include")
    v2_playbook_on_no_hosts_matched = only_if_wordy("v2_playbook_on_no_hosts_matched")
    v2_playbook_on_no_hosts_remaining = only_if_wordy("v2_playbook_on_no_hosts_remaining")
    v2_runner_on_skipped = only_if_wordy("v2_runner_on_skipped")
    v2_runner_item_on_ok = only_if_wordy("v2_runner_item_on_ok")
    v2_runner_item_on_failed = only_if_wordy("v2_runner_item_on_failed")
    v2_runner_item_on_skipped = only_if_wordy("v2_runner_item_on_skipped")

    @property
    def wordy(self) -> bool:
        """Whether Ansible's own stream was asked for."""
        return bool(self._display.verbosity)

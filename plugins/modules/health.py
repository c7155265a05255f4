#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the live release is well; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: health
short_description: Ask the live release of an instance whether it is well
version_added: 0.1.0
author: The Slipway authors (@slipway-django)
extends_documentation_fragment: [slipway.django.instance, slipway.django.question]
description:
  - Asks as an activation does, on the live slot's own socket and through nginx; changes nothing.
  - Does not fail where the release is not well, which RV(well) and RV(said) tell.
attributes:
  check_mode:
    description: Does the same, since it changes nothing.
    support: full
"""

EXAMPLES = r"""
- name: Ask
  slipway.django.health:
    project: shop
    env: dev
    host: dev.example.com
    nginx_port: 80
"""

RETURN = r"""
well:
  description: Whether every answer was the right one.
  type: bool
  returned: success
said:
  description: What was answered, or why there was no answer.
  type: str
  returned: success
"""

import time
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils.arguments import (
    INSTANCE,
    QUESTION,
    instance_of,
    question_of,
)
from ansible_collections.slipway.django.plugins.module_utils.module import carry_out
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed, Steps

OPTIONS = {**INSTANCE, **QUESTION}


def perform(params: dict[str, Any], _dry: bool, _steps: Steps) -> dict[str, Any]:
    """Ask; the module's result."""
    question = question_of(params)
    started = time.monotonic()
    try:
        question.ask_socket(instance_of(params).socket)
        if params["nginx_port"]:
            question.ask_nginx(params["nginx_port"])
    except Failed as failure:
        return {"changed": False, "well": False, "said": str(failure)}
    taken = (time.monotonic() - started) * 1000
    said = f"{question.path} answers {question.status} in {taken:.0f} ms"
    return {"changed": False, "well": True, "said": said}


def main() -> None:
    """Run the module."""
    carry_out(OPTIONS, perform)


if __name__ == "__main__":
    main()

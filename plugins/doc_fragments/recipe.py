# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that decide a release's Python environment, and who makes it."""

from __future__ import annotations


class ModuleDocFragment:
    """What C(extends_documentation_fragment: slipway.django.recipe) adds."""

    DOCUMENTATION = r"""
options:
  builder:
    description: The user who owns the code and runs git and uv.
    type: str
    default: deploy
  python:
    description: The Python that the application runs on, as C(uv python find) takes it.
    type: str
    default: ">=3.12"
  requirements:
    description:
      - The file that pins the dependencies, relative to the repository. V(auto) takes C(uv.lock),
        else C(requirements.txt).
    type: str
    default: auto
  server:
    description: The requirement that brings gunicorn where the application does not list it.
    type: str
    required: true
  uv_environment:
    description: Environment variables for uv itself, an object in JSON.
    type: json
    default: "{}"
"""

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ask for the health of an instance once: health.py CONFIGURATION. Beside it lie the modules."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from ansible_collections.slipway.django.plugins.module_utils import checking

if __name__ == "__main__":
    sys.exit(checking.main(sys.argv[1]))

"""Texts that are, or look like, hand-off notes."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

# The same examples each time, and nothing kept: a test that fails does so everywhere.
steady = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)

PIECES = [
    *("# Hand-off", "## Local → Dev/Prod", "### local -> dev", "## Dev → Local"),
    *("# Dev/Prod to Local", "### 2026-11-20 Mail", "## 2026-11-19", "#### Later ##", "#"),
    *("Mail 2026-11-18", "---", "===", "* * *", "words", "", "", "  ", "\f", "\u2028", "\r"),
    *("- [ ] env: X_KEY — dev, prod: from them", "* [x] manual: go -- prod: now", "+ [ ] words"),
    *("  - [ ] test: nested - all", "1. [X] other: kind - dev: x", "> - [ ] quoted", "- [ ]"),
    *("  goes on — dev", "\tafter a tab", "- point", "  - below", "-"),
    *("```", "```sh", "~~~~", "  ```", "<!--", "-->", "<!-- said -->"),
]
HEADS = ["", "", "\ufeff", "---\ntitle: x\n---\n", "\ufeff---\r\na: 1\r\n---\r\n", "---\n"]

likely = st.builds(
    lambda head, pieces, newline, end: head + newline.join(pieces) + end,
    st.sampled_from(HEADS),
    st.lists(st.sampled_from(PIECES), max_size=14),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\n", "\r\n", "\n\n"]),
)
texts = st.text(alphabet=st.sampled_from("#-[] x\n\r\t`~=*:—a2\ufeff"), max_size=60)
notes = st.one_of(likely, texts, st.text(max_size=200))

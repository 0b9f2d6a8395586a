"""Imports that were sorted are sorted again, and nothing else in a text changes."""

from __future__ import annotations

import ast
from collections import Counter

import pytest

from import_cycles.source.import_blocks import sorted_again

SORTED = (
    "import os\nimport sys\n\nimport requests\n\nfrom p.a import A\nfrom p.b import B\n\nX = 1\n"
)

TABLE = {
    "a name of the standard library": (
        SORTED,
        SORTED.replace("\nX", "from typing import TYPE_CHECKING\n\nX"),
        SORTED.replace("import sys\n", "import sys\nfrom typing import TYPE_CHECKING\n"),
    ),
    "one more name of a module": (
        SORTED,
        SORTED.replace("\nX", "from p.a import LIMIT, b\n\nX"),
        SORTED.replace("import A\n", "import LIMIT, A, b\n"),
    ),
    "a new section": (
        "from p.a import A\n\nX = 1\n",
        "from p.a import A\nimport os\n\nX = 1\n",
        "import os\n\nfrom p.a import A\n\nX = 1\n",
    ),
    "two blank lines before a definition": (
        "import os\n\n\ndef f(): ...\n",
        "import os\nfrom p.a import A\ndef f(): ...\n",
        "import os\n\nfrom p.a import A\n\n\ndef f(): ...\n",
    ),
    "in a function": (
        "def f():\n    import os\n    return os\n",
        "def f():\n    from p.b import B  # why\n    import os\n    return os\n",
        "def f():\n    import os\n\n    from p.b import B  # why\n    return os\n",
    ),
    "line ends of Windows": (
        "import os\r\n\r\nX = 1\r\n",
        "from p.a import A\r\nimport os\r\n\r\nX = 1\r\n",
        "import os\r\n\r\nfrom p.a import A\r\n\r\nX = 1\r\n",
    ),
    "not sorted before": (
        "import sys\nimport os\n\nX = 1\n",
        "import sys\nimport os\nfrom abc import ABC\n\nX = 1\n",
        "import sys\nimport os\nfrom abc import ABC\n\nX = 1\n",
    ),
    "sorted in another way": (
        "from abc import ABC\nimport os\n\nX = 1\n",
        "from abc import ABC\nimport os\nimport ast\n\nX = 1\n",
        "from abc import ABC\nimport os\nimport ast\n\nX = 1\n",
    ),
    "comments keep their place": (
        "import os\n\nX = 1\n",
        "import os\n# about it\nfrom abc import ABC\n\nX = 1\n",
        "import os\n# about it\nfrom abc import ABC\n\nX = 1\n",
    ),
    "what is long stays apart": (
        f"from p.a import {'a' * 60}\n\nX = 1\n",
        f"from p.a import {'a' * 60}\nfrom p.a import {'b' * 60}\n\nX = 1\n",
        f"from p.a import {'a' * 60}\nfrom p.a import {'b' * 60}\n\nX = 1\n",
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_texts(name: str) -> None:
    before, after, expected = TABLE[name]
    found = sorted_again(before, after, lambda top: top == "p")
    assert found == expected
    assert _imported(found) == _imported(after)
    assert sorted_again(before, found, lambda top: top == "p") == found


def _imported(text: str) -> Counter[tuple[object, ...]]:
    return Counter(
        (getattr(node, "module", None), getattr(node, "level", 0), alias.name, alias.asname)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    )

"""The server of tests/real that imports modules first: one fork along the packages is as good as a
fresh interpreter for each module.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from real.packages import first_imports, in_a_line

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")

_FILES = {
    "shop/__init__.py": "import sys\nloaded = [name for name in sys.modules if 'shop.' in name]\n",
    "shop/order.py": "from shop.customer import Customer\n\n\nclass Order: ...\n",
    "shop/customer.py": "from shop.order import Order\n\n\nclass Customer: ...\n",
    "shop/alone.py": "import sys\nassert 'shop.order' not in sys.modules\n",
    "shop/late.py": "import sys\nassert 'shop.alone' not in sys.modules\n",
    "shop/quits.py": "import sys\nsys.exit(3)\n",
    "shop/dies.py": "import os\nos._exit(0)\n",
    "busy/__init__.py": (
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    ),
    "busy/part.py": "import threading\nassert threading.active_count() == 2\n",
    "broken/__init__.py": "import nothing_of_this_name\n",
    "broken/part.py": "",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in _FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_each_module_is_the_first_import(root: Path) -> None:
    names = [
        name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in _FILES
    ]
    ended = first_imports([root], names, sys.executable)
    partial = "from partially initialized module"
    missing = "ModuleNotFoundError: No module named 'nothing_of_this_name' at broken/__init__.py"
    lines = {
        name: in_a_line(each, [root]).partition(" (most likely")[0] for name, each in ended.items()
    }
    assert lines == {
        "shop": "loads",
        "shop.order": f"ImportError: cannot import name 'Order' {partial} 'shop.order'",
        "shop.customer": f"ImportError: cannot import name 'Customer' {partial} 'shop.customer'",
        "shop.alone": "loads",
        "shop.late": "loads",
        "shop.quits": "SystemExit: 3 at shop/quits.py",
        "shop.dies": "no answer: no answer",
        "busy": "loads",
        "busy.part": "loads",
        "broken": missing,
        "broken.part": missing,
    }


def test_frames_lead_from_the_module_to_the_line_that_fails(root: Path) -> None:
    ended = first_imports([root], ["shop.order", "shop.alone"], sys.executable)
    assert ended["shop.order"]["frames"] == [
        (str(root / "shop" / "order.py"), 1, "<module>"),
        (str(root / "shop" / "customer.py"), 1, "<module>"),
    ]

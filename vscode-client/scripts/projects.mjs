// The projects that tests open, made anew for each run.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { python } from "./python.mjs";

/** Two modules that load, two that crash from one side, a ring of three, and one that is clean. */
export const SHOP = {
  "pyproject.toml": '[project]\nname = "shop"\nrequires-python = ">=3.10"\n',
  "shop/__init__.py": "",
  "shop/models.py": "import shop.orders\n\nLIMIT = 10\n",
  // What is not ASCII comes before the import: columns are counted in UTF-16 here.
  "shop/orders.py": 'MOOD = "😀é"; import shop.models\n\n\ndef order():\n    return shop.models.LIMIT\n',
  "shop/signals.py": "from shop.handlers import ship\n\n\ndef listen(handler):\n    return handler\n\n\nlisten(ship)\n",
  "shop/handlers.py": "from shop.signals import listen\n\n\ndef ship():\n    return listen\n",
  // For an annotation only: there is a safe fix.
  "shop/lazy.py": "from __future__ import annotations\n\nfrom shop.typed import Typed\n\n\nclass Lazy:\n    def get(self) -> Typed: ...\n",
  "shop/typed.py": "import shop.lazy\n\n\nclass Typed:\n    pass\n\n\ndef make():\n    return shop.lazy.Lazy()\n",
  "shop/one.py": "import shop.two\n",
  "shop/two.py": "import shop.three\n",
  "shop/three.py": "import shop.one\n",
  "shop/clean.py": "import os\n",
  "shop/user.py": "import shop.clean\n\n\ndef use():\n    import shop.models\n",
};

/** Writes a project below a new folder; `remove` takes it away. */
export function write(files) {
  const home = realpathSync(mkdtempSync(path.join(tmpdir(), "import-cycles-project-")));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(home, name)), { recursive: true });
    writeFileSync(path.join(home, name), text, { mode: text.startsWith("#!") ? 0o755 : 0o644 });
  }
  return { home, remove: () => rmSync(home, { recursive: true, force: true }) };
}

function below(folder, files) {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));
}

const PAIR = { "a.py": "import b\n", "b.py": "import a\n" };

/** Two folders and a file that opens both. */
export const TWO_FOLDERS = {
  ...below("first", PAIR),
  ...below("second", PAIR),
  "both.code-workspace": JSON.stringify({ folders: [{ path: "first" }, { path: "second" }], settings: {} }),
};

/** Two thousand modules: forty packages, each a knot of fifty modules, each importing the next. */
export function large(packages = 40, modules = 50) {
  const files = { "pyproject.toml": '[project]\nname = "big"\n', "big/__init__.py": "" };
  for (let p = 0; p < packages; p += 1) {
    files[`big/p${p}/__init__.py`] = "";
    for (let m = 0; m < modules; m += 1) {
      const onward = m === 0 && p + 1 < packages ? `import big.p${p + 1}.m0\n` : "";
      files[`big/p${p}/m${m}.py`] = `import big.p${p}.m${(m + 1) % modules}\n${onward}`;
    }
  }
  return files;
}

/** A program that notes its process id and the name of its folder, and becomes a Python. */
const NOTED_PYTHON = `#!/bin/sh
here=$(dirname "$0")
echo "$$ $(basename "$here")" >> "$here/../started"
exec "${python()}" "$@"
`;

/** Two environments to select, and one whose Python is too old. */
export const ENVIRONMENTS = {
  ...PAIR,
  "pyproject.toml": '[project]\nname = "pair"\n',
  started: "",
  "first/python": NOTED_PYTHON,
  "second/python": NOTED_PYTHON,
  "old/python": "#!/bin/sh\necho 3.9.18\n",
};

/** A folder that would like to choose what is started. */
export const EVIL = {
  ...PAIR,
  "evil.sh": "#!/bin/sh\ntouch \"$(dirname \"$0\")/executed\"\n",
  ".vscode/settings.json": JSON.stringify({
    "import-cycles.path": ["/bin/sh", "${workspaceFolder}/evil.sh"],
    "import-cycles.interpreter": ["/bin/sh", "${workspaceFolder}/evil.sh"],
    "import-cycles.severity": { cycle: "warning" },
  }),
};

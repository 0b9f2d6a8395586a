"""What imports modules by a name that is only a text, or changes what an import finds."""

from __future__ import annotations

from typing import Final

from import_cycles.libraries.facts import (
    ANY,
    FIRST,
    Calls,
    Gives,
    Imports,
    Row,
    row,
)

_IMPORTLIB: Final = "library/importlib.html"
_PKGUTIL: Final = "library/pkgutil.html"

ROWS: Final[tuple[Row, ...]] = (
    # --- one module, or an object in it -------------------------------------------------------
    row(
        "importlib",
        "__import__ import_module",
        _IMPORTLIB,
        imports=Imports.MODULE,
        gives=Gives.MODULE,
    ),
    row(
        "importlib",
        "reload",
        _IMPORTLIB,
        imports=Imports.NAMED,
        gives=Gives.ARGUMENT,
        changes=(0, "module"),
        calls=Calls.NOW,
    ),
    row("importlib.util", "find_spec", _IMPORTLIB, imports=Imports.NAMED),
    row("importlib", "find_loader<3.12", _IMPORTLIB, imports=Imports.NAMED),
    row("importlib.util", "LazyLoader", _IMPORTLIB, calls=Calls.ON_USE),
    row("importlib.resources", "files", "library/importlib.resources.html", imports=Imports.NAMED),
    row(
        "importlib.resources",
        "as_file contents is_resource open_binary open_text path read_binary read_text",
        "library/importlib.resources.html",
        imports=Imports.NAMED,
    ),
    row(
        "pkgutil",
        "resolve_name",
        _PKGUTIL,
        imports=Imports.OBJECT,
        gives=Gives.OBJECT,
        asks_modules=True,
    ),
    row("pkgutil", "find_loader<3.14 get_data get_loader<3.14", _PKGUTIL, imports=Imports.NAMED),
    row(
        "pkgutil",
        "walk_packages",
        _PKGUTIL,
        imports=Imports.INSTALLED,
        calls=Calls.ON_USE,
        walks_folders=True,
    ),
    row("pkgutil", "iter_modules", _PKGUTIL, walks_folders=True),
    row("runpy", "run_module", "library/runpy.html", imports=Imports.MODULE),
    row("runpy", "run_path", "library/runpy.html", imports=Imports.INSTALLED),
    row("pydoc", "locate safeimport", "Lib/pydoc.py", imports=Imports.OBJECT, gives=Gives.OBJECT),
    row(
        "importlib.machinery.SourceFileLoader importlib.machinery.SourcelessFileLoader",
        "exec_module load_module",
        _IMPORTLIB,
        imports=Imports.INSTALLED,
        changes=ANY,
        calls=Calls.NOW,
    ),
    row(
        "imp<3.12",
        "load_compiled load_module load_package load_source",
        "library/imp.html",
        imports=Imports.INSTALLED,
        calls=Calls.NOW,
    ),
    row(
        "imp<3.12",
        "reload",
        "library/imp.html",
        imports=Imports.NAMED,
        changes=FIRST,
        gives=Gives.ARGUMENT,
        calls=Calls.NOW,
    ),
    row("unittest.mock", "patch", "library/unittest.mock.html", imports=Imports.OBJECT),
    row("pyclbr", "readmodule readmodule_ex", "library/pyclbr.html", imports=Imports.NAMED),
    row(
        "doctest",
        "testfile testsource debug script_from_examples",
        "library/doctest.html",
        imports=Imports.NAMED,
    ),
    # --- whatever a table, a file or the environment names --------------------------------------
    row(
        "logging.config",
        "dictConfig fileConfig",
        "library/logging.config.html",
        imports=Imports.NAMED,
        calls=Calls.NOW,
        changes=ANY,
    ),
    row(
        "pickle",
        "Unpickler load loads",
        "library/pickle.html",
        imports=Imports.INSTALLED,
        calls=Calls.NOW,
    ),
    row("shelve", "open", "library/shelve.html", imports=Imports.INSTALLED),
    row(
        "importlib.metadata.EntryPoint",
        "load",
        "library/importlib.metadata.html",
        imports=Imports.INSTALLED,
    ),
    row(
        "unittest",
        "main",
        "library/unittest.html",
        imports=Imports.INSTALLED,
        calls=Calls.NOW,
        changes=ANY,
        asks_modules=True,
    ),
    row(
        "unittest.defaultTestLoader",
        "discover loadTestsFromName loadTestsFromNames",
        "library/unittest.html",
        imports=Imports.INSTALLED,
        calls=Calls.NOW,
    ),
    row(
        "unittest.TestLoader",
        "discover loadTestsFromName loadTestsFromNames",
        "library/unittest.html",
        imports=Imports.INSTALLED,
        calls=Calls.NOW,
    ),
    row(
        "site",
        "addsitedir addsitepackages addusersitepackages main",
        "library/site.html",
        imports=Imports.INSTALLED,
        hooks_imports=True,
    ),
    # --- what changes where imports look, or that they look at all ------------------------------------
    row(
        "sys.meta_path sys.path sys.path_hooks",
        "append clear extend insert pop remove reverse",
        "library/sys.html",
        hooks_imports=True,
    ),
    row(
        "sys.modules", "clear pop popitem setdefault update", "library/sys.html", hooks_imports=True
    ),
    row("pkgutil", "extend_path", _PKGUTIL, hooks_imports=True),
    row("importlib", "invalidate_caches", _IMPORTLIB, is_quiet=True),
    # --- modules that are there before the first statement of a program ------------------------------
    row(
        "_abc _codecs _collections_abc _frozen_importlib _frozen_importlib_external _imp _io"
        " _signal _sitebuiltins _stat _thread _warnings _weakref abc builtins codecs encodings"
        " genericpath io marshal nt ntpath os posix posixpath site stat sys time zipimport",
        "",
        "Python/pylifecycle.c, Lib/site.py",
        is_preloaded=True,
    ),
)

"""One traceback in every shape that logs, consoles and services give it: read alike from all."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from import_cycles.tracebacks.reading import read_failures

ERROR = (
    "ImportError: cannot import name 'a' from partially initialized module 'app.a' (most likely due to"
    " a circular import) (/srv/app/a.py)"
)
LINES = (
    "Traceback (most recent call last):",
    '  File "/srv/main.py", line 1, in <module>',
    "    import app.a",
    '  File "/srv/app/a.py", line 2, in <module>',
    "    from app.b import make",
    '  File "/srv/app/b.py", line 3, in <module>',
    "    from app.a import a",
    "    ^^^^^^^^^^^^^^^^^^^",
    ERROR,
)
TEXT = "".join(f"{line}\n" for line in LINES)
END = "\n"
FRAMES = [("/srv/main.py", 1), ("/srv/app/a.py", 2), ("/srv/app/b.py", 3)]


def _prefixed(prefix: Callable[[int], str]) -> str:
    noise = "".join(f"{prefix(number)}INFO all is well\n" for number in range(90, 95))
    lines = (f"{prefix(number)}{line}\n" for number, line in enumerate(LINES))
    return f"{noise}{''.join(lines)}{noise}"


def _colored() -> str:
    lines = [
        line.replace('File "', 'File \x1b[35m"').replace('", line ', '"\x1b[0m, line \x1b[35m')
        for line in LINES
    ]
    lines[-1] = "\x1b[1;35mImportError\x1b[0m: \x1b[35m" + ERROR.partition(": ")[2] + "\x1b[0m"
    return "\n".join(lines)


def _html(text: str) -> str:
    return (
        text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    ).replace("'", "&#x27;")


def _werkzeug() -> str:
    frames = "".join(
        f'<li><div class="frame" id="f{number}"><h4>File <cite class="filename">"{path}"</cite>,'
        f' line <em class="line">{line}</em>,\n in <code class="function">&lt;module&gt;</code></h4>\n'
        f'<div class="source"><pre class="line current">from x import y</pre></div></div>\n'
        for number, (path, line) in enumerate(FRAMES)
    )
    return (
        f"<h2 class=traceback>Traceback <em>(most recent call last)</em></h2>\n<ul>{frames}</ul>\n"
        f"<blockquote>{_html(ERROR)}</blockquote>\n"
    ).replace(",\n in", ", in")


def _sentry() -> str:
    frames = [
        {"abs_path": path, "filename": "x.py", "lineno": line, "function": "<module>"}
        for path, line in FRAMES
    ]
    value = {
        "type": "ImportError",
        "value": ERROR.partition(": ")[2],
        "stacktrace": {"frames": frames},
    }
    return json.dumps({"event_id": "1", "exception": {"values": [value]}}, indent=2)


def _vscode() -> str:
    frames = "".join(
        f'  File "{path}", line {line}, in <module>\n    import x\n'
        for path, line in reversed(FRAMES)
    )
    return f"Exception has occurred: ImportError\n{ERROR.partition(': ')[2]}\n{frames}"


def _old_ipython() -> str:
    frames = "".join(
        f"{path} in <module>\n      0 # before\n----> {line} import x\n      9 # after\n\n"
        for path, line in FRAMES
    )
    rule = "-" * 75
    return f"{rule}\nImportError          Traceback (most recent call last)\n{frames}{ERROR}\n"


def _django_page() -> str:
    return (
        '<textarea id="traceback_area">Environment:\n\nRequest Method: GET\n\n'
        f"{_html(TEXT.removesuffix(f'{ERROR}{END}'))}\n"
        f"Exception Type: ImportError at /\nException Value: {_html(ERROR.partition(': ')[2])}\n"
        "</textarea>\n"
    )


SHAPES: dict[str, str] = {
    "plain": TEXT,
    "heroku": _prefixed(lambda n: f"2024-05-21T10:00:00.12{n:04}+00:00 app[web.1]: "),
    "kubernetes": _prefixed(lambda n: f"2024-05-21T10:00:00.123456{n:03}Z stderr F "),
    "stern": _prefixed(lambda n: f"shop-6d5c-{n}x7 web "),
    "syslog": _prefixed(lambda n: f"May 21 10:00:{n:02} host gunicorn[4{n}2]: "),
    "mod_wsgi": _prefixed(
        lambda n: f"[Tue May 21 10:00:00.{n:06} 2024] [wsgi:error] [pid 7{n}] [remote 10.0.0.1:5] "
    ),
    "quoted": _prefixed(lambda n: "> "),
    "quoted-twice": _prefixed(lambda n: ">> > "),
    "comment": _prefixed(lambda n: "# "),
    "supervisor": _prefixed(lambda n: "web-1  | "),
    "azure": _prefixed(lambda n: f"2024-05-21T10:00:00.{n:07}Z "),
    "buildkite": _prefixed(lambda n: f"\x1b_bk;t=17162856{n:05}\x07"),
    "level": _prefixed(lambda n: f"[2024-05-21 10:00:{n:02},123: ERROR/MainProcess] "),
    "indented": "".join(f"        {line}\n" for line in LINES),
    "group": "".join(f"  | {line}\n" for line in LINES),
    "colored-3.13": _colored(),
    "crlf": TEXT.replace("\n", "\r\n"),
    "json-log": json.dumps({"level": "error", "message": "failed", "exc_info": TEXT}),
    "json-log-prefixed": f"web-1 | {json.dumps({'level': 'error', 'stack': TEXT})}\n",
    "repr": f"INFO ok\nERROR result={TEXT!r}\n",
    "json-in-json": json.dumps({"log": json.dumps({"exc": TEXT})}) + "\n{}\n",
    "html": f"<html><body><pre>{_html(TEXT)}</pre></body></html>\n",
    "html-one-line": f"<div>{_html(TEXT).replace(chr(10), '<br>')}</div>\n",
    "django-page": _django_page(),
    "werkzeug-page": _werkzeug(),
    "sentry-event": _sentry(),
    "vscode": _vscode(),
    "old-ipython": _old_ipython(),
    "after-much-noise": "INFO all is well\n" * 5000 + TEXT + "INFO all is well\n" * 5000,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_frames_and_message_are_read(shape: str) -> None:
    failures = [each for each in read_failures(SHAPES[shape]) if each.frames]
    assert [
        (each.error, each.name, each.module, [(frame.path, frame.line) for frame in each.frames])
        for each in failures
    ] == [("ImportError", "a", "app.a", FRAMES)]


@pytest.mark.parametrize("size", [1, 7, 100])
def test_text_may_come_in_pieces(size: int) -> None:
    pieces = (TEXT[start : start + size] for start in range(0, len(TEXT), size))
    assert read_failures(pieces) == read_failures(TEXT)


def test_paths_of_windows_keep_their_separators() -> None:
    text = TEXT.replace("/srv/", "C:\\new\\tools (x86)\\").replace("app/", "app\\")
    (failed,) = read_failures(text)
    assert failed.path == "C:\\new\\tools (x86)\\app\\a.py"
    assert failed.frames[0].path == "C:\\new\\tools (x86)\\main.py"
    (escaped,) = (each for each in read_failures(json.dumps({"exc": text})) if each.frames)
    assert escaped == failed


def test_a_message_inside_another_one_counts() -> None:
    (failed,) = read_failures(f"{TEXT.replace('ImportError:', 'PluginError: cannot load x:')}")
    assert (failed.error, failed.name, failed.is_passed_on) == ("PluginError", "a", True)


def test_a_long_log_takes_little_memory() -> None:
    def log() -> Iterator[str]:
        for number in range(100):
            yield f"2024-05-21 INFO request {number}\n" * 2000

    tracemalloc.start()
    assert read_failures(log()) == ()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    size = sum(map(len, log()))
    assert peak < size / 4


def test_endless_recursion_keeps_both_ends() -> None:
    frames = "".join(f'  File "/srv/a.py", line {n}, in f\n    f()\n' for n in range(1, 5001))
    (failed,) = read_failures(
        f"{LINES[0]}\n{frames}RecursionError: maximum recursion depth exceeded\n"
    )
    assert len(failed.frames) == 2000
    assert (failed.frames[0].line, failed.frames[-1].line) == (1, 5000)

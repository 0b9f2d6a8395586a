"""The imports of a real run as a tree, with the places where a partly loaded module is met.

__main__  app/main.py
└─ app.a  app/a.py  (line 1)
   └─ app.b  app/b.py  (line 1)
      └─ app.a is only partly loaded here  app/b.py:1  from app.a import LIMIT
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.record import entity, field
from import_cycles.base.words import counted, printable
from import_cycles.cli.console import Paint
from import_cycles.cli.places import Places
from import_cycles.findings.cycle_path import drawn
from import_cycles.workspace.program_trace import Ended, Event, Failed, Importing, Met, Started


@entity
class Node:
    """A module that was loaded, or one that was met while it was loading."""

    module: str
    path: str
    by: Importing
    is_shown: bool
    has_failed: bool = False
    cycle: tuple[ModuleName, ...] = ()
    """For one that was met: the modules from it to the one that imports it, and it again."""
    children: list[Node] = field(default_factory=list)
    met: Met | None = None
    """The module that it met last while it was loading."""


@entity
class Tree:
    """A whole run. `others` are the trees of further threads."""

    root: Node
    others: list[Node] = field(default_factory=list)
    n_loaded: int = 0
    n_hidden: int = 0
    cycles: dict[tuple[ModuleName, ...], None] = field(default_factory=dict)


def tree_of(
    events: Iterable[Event],
    root: Node,
    is_shown: Callable[[str], bool],
    is_meeting: Callable[[Met], bool],
) -> Tree:
    """The tree of a run; `is_shown` judges files, `is_meeting` whether to show that one is met."""
    tree = Tree(root)
    stacks: dict[int, list[Node]] = {}
    for event in events:
        match event:
            case Started(thread=thread, module=module, path=path, by=by):
                node = Node(module, path, by, is_shown(path))
                stack = _stack(tree, stacks, thread)
                stack[-1].children.append(node)
                stack.append(node)
                tree.n_loaded += node.is_shown
                tree.n_hidden += not node.is_shown
            case Ended(thread=thread, has_loaded=has_loaded):
                stack = _stack(tree, stacks, thread)
                if len(stack) > 1:
                    stack.pop().has_failed = not has_loaded
            case Met(thread=thread, module=module, by=by):
                stack = _stack(tree, stacks, thread)
                loading = [node.module for node in stack]
                # Another thread can be loading it: then this one waits for it, and all is well.
                # CPython asks twice for a submodule in a `from` list.
                is_new = stack[-1].met != event
                stack[-1].met = event
                if is_new and module in loading and is_meeting(event):
                    start = len(loading) - 1 - loading[::-1].index(module)
                    cycle = tuple(map(ModuleName, (*loading[start:], module)))
                    shown = any(node.is_shown for node in stack[start:])
                    node = Node(module, by.path, by, shown, cycle=cycle)
                    stack[-1].children.append(node)
                    if shown:
                        tree.cycles[cycle] = None
            case Failed():
                # The events after it come from printing the traceback, which looks for similar
                # names.
                break
    return tree


def _stack(tree: Tree, stacks: dict[int, list[Node]], thread: int) -> list[Node]:
    """The modules that a thread is loading; the first thread to import is the program's own."""
    if not stacks:
        stacks[thread] = [tree.root]
    elif thread not in stacks:
        root = Node("another thread", "", tree.root.by, is_shown=True)
        tree.others.append(root)
        stacks[thread] = [root]
    return stacks[thread]


def text(tree: Tree, places: Places, paint: Paint, *, is_circular: bool = False) -> str:
    """The tree and the closing line; `is_circular` if a cycle made the program fail."""
    lines = []
    for root in (tree.root, *(each for each in tree.others if _shown_children(each))):
        lines.append(_title(root, places, paint))
        lines += _branches(root, "", places, paint)
    lines.append(summary(tree, is_circular=is_circular))
    return "".join(f"{line}\n" for line in lines)


def summary(tree: Tree, *, is_circular: bool = False) -> str:
    """How much was loaded, and how many cycles were met.

    A cycle can make a program fail that meets no partly loaded module: through lazy imports (PEP 810).
    """
    hidden = f", {tree.n_hidden} more not shown" if tree.n_hidden else ""
    cycles = len(tree.cycles)
    none = "failed for an import cycle" if is_circular else "no import cycle met"
    met = f"{counted(cycles, 'import cycle')} met" if cycles else none
    return f"{counted(tree.n_loaded, 'module')} loaded{hidden}; {met}"


def _branches(node: Node, indent: str, places: Places, paint: Paint) -> Iterator[str]:
    children = _shown_children(node)
    for number, (child, through) in enumerate(children):
        is_last = number == len(children) - 1
        corner, below = ("└─ ", "   ") if is_last else ("├─ ", "│  ")
        label = _met(child, places, paint) if child.cycle else _title(child, places, paint)
        line = "" if child.cycle else _importing(node, child, through, places)
        yield f"{paint.faint(indent + corner)}{label}{line}"
        yield from _branches(child, indent + below, places, paint)


def _shown_children(node: Node, through: str = "") -> list[tuple[Node, str]]:
    """The parts drawn below a node, with the module in between that is not drawn."""
    found = []
    for child in node.children:
        if child.is_shown:
            found.append((child, through))
        else:
            found += _shown_children(child, through or child.module)
    return found


def _title(node: Node, places: Places, paint: Paint) -> str:
    where = f"  {printable(places.path(SourcePath(node.path)))}" if node.path else ""
    failed = f"  {paint.error('fails')}" if node.has_failed else ""
    return f"{paint.strong(printable(node.module))}{where}{failed}"


def _importing(node: Node, child: Node, through: str, places: Places) -> str:
    if through:
        return f"  (through {printable(through)})"
    if not child.by.line or child.by.path.startswith("<"):
        return ""
    where = f"line {child.by.line}"
    if child.by.path != node.path:
        # A function of another module, called while this one loads.
        where = f"{printable(places.path(SourcePath(child.by.path)))}:{child.by.line}"
    return f"  ({where})"


def _met(node: Node, places: Places, paint: Paint) -> str:
    place = f"{places.path(SourcePath(node.by.path))}:{node.by.line}"
    source = places.code(SourcePath(node.by.path), node.by.line - 1)
    return (
        f"{paint.warning(f'{printable(node.module)} is only partly loaded here')}"
        f"  {printable(place)}  {printable(source)}  {paint.faint(printable(drawn(node.cycle)))}"
    )

"""What `=== fix` and `=== no fix` states of a case ask.

- engine: the fix is offered at that place with that title and safety, its edits give the texts
  below, and the project then shows what their markers say; or it is not offered, for that reason;
- CPython: with the fix applied, every first import that loaded still does, and the outcomes are
  those that the analysis predicts.

Texts are compared without markers: those of the state before stand in the edited texts, those of
the state after in the case. Only files that the state spells out are compared.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.case import Case, FixRequest, State
from harness.cpython import InterpreterProcess
from harness.markers import is_caret_line, without_line_markers
from harness.outcomes import outcome_differences
from harness.project import (
    Setup,
    apply_settled,
    build,
    case_path,
    findings_of,
    marker_differences,
    setup_of,
    source_path,
    texts_of,
)
from harness.runners import equality_report, observe_state
from import_cycles.analysis.change import Change
from import_cycles.analysis.project import Project
from import_cycles.base.names import SourcePath
from import_cycles.proposals.annotation_words import AnnotationReader, annotation_words
from import_cycles.proposals.fix import Safety
from import_cycles.repair.fix_registry import fix_codes
from import_cycles.repair.fixing import Fixer, Refused
from import_cycles.repair.verify import VerifiedFix
from import_cycles.workspace.fix_settings import fix_settings
from import_cycles.workspace.jedi_names import JediNames
from import_cycles.workspace.paths import as_source_path, is_within, relative
from import_cycles.workspace.texts import mentions_in
from import_cycles.workspace.toml import parse_toml


@dataclass(frozen=True, slots=True)
class CaseTexts:
    """The texts of a case, as a fixer asks for them."""

    files: Mapping[str, str]

    def text(self, path: SourcePath) -> str | None:
        return self.files.get(case_path(path))

    def mentions(self, dotted: str) -> tuple[SourcePath, ...]:
        return tuple(
            source_path(path)
            for path, text in sorted(self.files.items())
            if dotted in mentions_in(text)
        )

    def annotation_readers(self) -> tuple[AnnotationReader, ...]:
        return tuple(
            AnnotationReader(word, reads, source_path(path))
            for path, text in sorted(self.files.items())
            for word, reads in annotation_words(text).items()
        )

    def prepare(self, cancelled: Callable[[], bool]) -> None:
        """Nothing is to be read."""

    def definition(
        self, path: SourcePath, text: str, line: int, column: int
    ) -> tuple[SourcePath, str] | None:
        """Jedi's answer; it reads files, so the case is written down for it."""
        with TemporaryDirectory(prefix="import-cycles-case-") as name:
            folder = Path(name).resolve()
            for file, content in self.files.items():
                target = folder / file
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(content, "utf-8")
            roots = [as_source_path(folder / root) for root in setup_of(self.files).roots]
            asked = as_source_path(folder / case_path(path))
            found = JediNames(folder, roots).definition(asked, text, line, column)
            if found is None or not is_within(found[0], as_source_path(folder)):
                return None
            return source_path(relative(found[0], as_source_path(folder))), found[1]


def fix_states(case: Case) -> Iterator[tuple[State, State]]:
    """Each state that asks for a fix, after the one that it branches off from."""
    base = case.states[0]
    for state in case.states:
        if state.fix is None:
            base = state
        else:
            yield base, state


def run_fixes(case: Case) -> None:
    """Every fix that the case asks for is offered, or is not, and does what the case shows."""
    __tracebackhide__ = True
    for base, state in fix_states(case):
        assert state.fix is not None
        setup = setup_of(base.texts)
        project, _ = build(base.texts, setup)
        offers = list(offers_at(project, base, state.fix))
        report = [f"trials left: {each}" for each in traces(project, base, setup)]
        report += (
            _refusal_report(state.fix, offers)
            if state.fix.reason is not None
            else _fix_report(state, setup, offers)
        )
        assert not report, f"line {state.line}, {state.title}:\n  " + "\n  ".join(report)


def traces(project: Project, base: State, setup: Setup) -> list[str]:
    """In what the project differs from one that never saw a trial, also after the next edit."""
    cold, _ = build(base.texts, setup)
    report = equality_report(project, cold)
    for path, text in texts_of(base.texts).items():
        if text is not None:
            apply_settled(project, Change({path: f"{text}\nfurther = 1\n"}))
            apply_settled(project, Change({path: text}))
    return report + equality_report(project, cold)


def offers_at(
    project: Project, base: State, request: FixRequest
) -> Iterator[VerifiedFix | Refused]:
    """Everything offered and refused that the request can mean: its code is a rule's or a fix's."""
    document = parse_toml(base.texts.get("pyproject.toml", ""))
    fixer = Fixer(project, CaseTexts(base.texts), fix_settings(document))
    for shown in project.snapshot.findings.get(source_path(request.path), ()):
        if request.code not in fix_codes() and shown.code != request.code:
            continue
        for finding in project.findings_behind(shown.module, shown.key):
            for offer in fixer.offers(finding):
                if request.code not in fix_codes() or offer.kind.code == request.code:
                    yield offer


def _refusal_report(request: FixRequest, offers: Iterable[VerifiedFix | Refused]) -> list[str]:
    offered = [
        f"is offered: {offer.title}"
        for offer in offers
        if isinstance(offer, VerifiedFix) and offer.kind.ends_cycles
    ]
    reasons = [offer.reason for offer in offers if isinstance(offer, Refused)]
    wanted = request.reason
    if wanted and not offered and not any(wanted in reason for reason in reasons):
        return [f"not refused for {wanted!r}, but for:", *map(repr, reasons)]
    return offered


def _chosen(request: FixRequest, offers: Iterable[VerifiedFix | Refused]) -> VerifiedFix | None:
    for offer in offers:
        if isinstance(offer, VerifiedFix) and request.title in (
            offer.title,
            offer.proposal.title,
            offer.proposal.full_title,
        ):
            return offer
    return None


def _fix_report(state: State, setup: Setup, offers: list[VerifiedFix | Refused]) -> list[str]:
    assert state.fix is not None
    chosen = _chosen(state.fix, offers)
    if chosen is None:
        return ["not offered; there are:", *map(_told, offers)]
    report = []
    if chosen.proposal.safety is not Safety(state.fix.safety):
        report.append(f"it is {chosen.proposal.safety.value}: {chosen.proposal.caution}")
    texts = _fixed(state, chosen)
    for path in state.change:
        wanted, found = _plain(state.texts[path]), _plain(texts[path])
        if wanted != found:
            report += [f"{path} becomes:", *found.split("\n")]
    unexpected = sorted(map(case_path, chosen.after.keys() - set(map(source_path, state.change))))
    report += [f"{path} is changed, too" for path in unexpected]
    return report or _marker_report(state, setup)


def _marker_report(state: State, setup: Setup) -> list[str]:
    """Of the state as the case spells it out, so that ranges are those of its own text."""
    project, _ = build(state.texts, setup)
    version = setup.settings.target.version
    wanted = [each for each in state.expected(version) if each.path in state.change]
    found = [each for each in findings_of(project) if each.path in state.change]
    missing, surplus = marker_differences(wanted, found)
    return [f"missing  {each}" for each in missing] + [f"surplus  {each}" for each in surplus]


def _told(offer: VerifiedFix | Refused) -> str:
    if isinstance(offer, Refused):
        return f"{offer.kind.code} at {offer.hop.importer}, refused: {offer.reason}"
    return f'{offer.kind.code} "{offer.title}" {offer.proposal.safety.value}'


def _fixed(state: State, chosen: VerifiedFix) -> dict[str, str]:
    texts = dict(state.texts)
    for path, text in chosen.after.items():
        texts[case_path(path)] = text
    return texts


def _plain(text: str) -> str:
    lines = [without_line_markers(line) for line in text.split("\n") if not is_caret_line(line)]
    return "\n".join(lines).rstrip("\n")


def run_fixes_cpython(case: Case, python: InterpreterProcess, folder: Path) -> None:
    """The fixed projects import as before or better, and as predicted."""
    __tracebackhide__ = True
    for number, (base, state) in enumerate(fix_states(case)):
        assert state.fix is not None
        if base.runtime_skip is not None or state.fix.reason is not None:
            continue
        setup = setup_of(base.texts)
        if setup.settings.target.version > python.interpreter.version and setup.names_target:
            continue  # What it writes may be syntax that this interpreter does not know.
        report = _cpython_report(base, state, setup, python, folder / f"fix{number}")
        told = f"Python {python.interpreter}, line {state.line}, {state.title}:\n  "
        assert not report, told + "\n  ".join(report)


def _cpython_report(
    base: State, state: State, setup: Setup, python: InterpreterProcess, folder: Path
) -> list[str]:
    # Which edits are right can depend on the target: they are those that the case shows.
    failing = {
        seen.entry
        for seen in observe_state(base, setup, python, folder / "before")
        if seen.failure is not None
    }
    after = observe_state(state, setup, python, folder / "after")
    report = [
        f"{seen.entry} loaded before the fix; now {seen.failure}"
        for seen in after
        if seen.failure is not None and seen.entry not in failing
    ]
    version, platform = python.interpreter.version, sys.platform
    project, _ = build(state.texts, setup.for_target(version, platform))
    return [*report, *outcome_differences(project, after)]

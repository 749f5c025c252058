#!/usr/bin/env python3
"""Bring the catalogues of a text domain up to date with the code, and compile them. Same input, same files.

    .venv/bin/python tools/make_catalogues.py report      # then translate what it names, and run it again

Exits with 1 while a text has no translation.
"""

from __future__ import annotations

import io
import string
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from kctrig.lang import FOLDER, LANGS, SOURCE

REPO = Path(__file__).resolve().parent.parent
HOST = REPO / "host" / "kctrig"
DOMAINS: dict[str, Sequence[Path]] = {
    "report": (HOST / "report", HOST / "cli" / "report.py"),
    "bench": tuple(HOST / "cli" / name for name in ("tongue.py", "crew.py", "work.py")),
    "sop": (HOST / "sop", HOST / "cli" / "sop.py"),
    "selftest": (HOST / "selftest", HOST / "link" / "health.py", HOST / "cli" / "selftest.py"),
}
"""Where the texts of each domain stand: `gettext("…")` or `_("…")`, `ngettext("…", "…", n)` or `n_`, `N_("…")`; not in f-strings."""
KEYWORDS = {"gettext": None, "ngettext": (1, 2), "N_": None, "_": None, "n_": (1, 2)}
READERS = {".py": "python", ".html": "jinja2.ext:babel_extract", ".j2": "jinja2.ext:babel_extract"}
LONG_AGO = datetime(2021, 1, 26, tzinfo=UTC)  # a date in the header would change at every run
PLURALS = {"id": "nplurals=1; plural=0;"}  # Babel knows none for Indonesian, which has no plural
TRANSLATED = [lang for lang in LANGS if lang != SOURCE]


def sources(domain: str) -> Iterator[Path]:
    """Files in which texts of the domain may stand."""
    for place in DOMAINS[domain]:
        files = sorted(place.rglob("*")) if place.is_dir() else [place] * place.is_file()
        yield from (file for file in files if file.suffix in READERS)


def extracted(domain: str, lang: str) -> Catalog:
    """Every text of the domain that the code uses, without translations."""
    found = empty(domain, lang)
    for file in sources(domain):
        name = file.relative_to(REPO).as_posix()
        options = {"silent": "false"} if READERS[file.suffix] != "python" else {}
        for _, text, _, context in extract_from_file(READERS[file.suffix], file, KEYWORDS, options=options):
            found.add(text, None, [(name, 0)], context=context)
    return found


def empty(domain: str, lang: str) -> Catalog:
    """A catalogue with its header only."""
    catalogue = Catalog(
        lang,
        domain,
        project="kctrig",
        version="1",
        header_comment=f"# Texts of kctrig, {domain}: written by tools/make_catalogues.py, translated by hand.",
        msgid_bugs_address="https://github.com/kctrig/kctrig",
        last_translator="kctrig",
        language_team="kctrig",
        creation_date=LONG_AGO,
        revision_date=LONG_AGO,
        fuzzy=False,
    )
    if lang in PLURALS:
        catalogue.mime_headers = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Plural-Forms", PLURALS[lang]),
        ]
    return catalogue


def po_path(domain: str, lang: str) -> Path:
    """The catalogue for people."""
    return FOLDER / lang / "LC_MESSAGES" / f"{domain}.po"


def read(domain: str, lang: str) -> Catalog:
    """The catalogue as it lies there; an empty one where there is none."""
    path = po_path(domain, lang)
    if not path.is_file():
        return empty(domain, lang)
    with path.open("rb") as file:
        return read_po(file, lang, domain, abort_invalid=True)


def compiled(catalogue: Catalog) -> bytes:
    """The catalogue for the program."""
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def written(catalogue: Catalog) -> bytes:
    """The catalogue's file, with the files in which each text stands and no line numbers, which change too often."""
    out = io.BytesIO()
    write_po(out, catalogue, width=120, sort_output=True, include_lineno=False, ignore_obsolete=True)
    return out.getvalue()


def brought_up_to_date(domain: str, lang: str) -> Catalog:
    """The texts of the code with the translations that are there; nothing is guessed from similar texts."""
    there = read(domain, lang)
    wanted = extracted(domain, lang)
    for message in wanted:
        old = there.get(message.id, message.context) if message.id else None
        if old is not None:
            message.string = old.string
    return wanted


def defects(catalogue: Catalog) -> Iterator[str]:
    """Texts without a translation, and translations whose {fields} are not those of the text."""
    for message in catalogue:
        if not message.id:
            continue
        strings = message.string if isinstance(message.string, (list, tuple)) else [message.string]
        if not all(strings):
            yield f"not translated: {message.id}"
        elif message.fuzzy:
            yield f"fuzzy: {message.id}"
        elif any(fields(str(text)) != fields(_longest(message)) for text in strings):
            yield f"other fields than the text: {message.id}"


def fields(text: str) -> set[str]:
    """Names between braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _longest(message: Message) -> str:
    return str(message.id if isinstance(message.id, str) else message.id[-1])


def main(domains: Sequence[str]) -> int:
    """Write the catalogues of these domains, or of all."""
    unknown = [domain for domain in domains if domain not in DOMAINS]
    if unknown:
        print(f"no domain {unknown[0]}; there are {', '.join(DOMAINS)}")
        return 2
    wrong = []
    for domain in domains or DOMAINS:
        for lang in TRANSLATED:
            catalogue = brought_up_to_date(domain, lang)
            wrong += [f"{domain}.{lang}: {line}" for line in defects(catalogue)]
            path = po_path(domain, lang)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(written(catalogue))
            path.with_suffix(".mo").write_bytes(compiled(catalogue))
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

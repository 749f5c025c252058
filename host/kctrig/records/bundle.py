"""A store as one .zip that standard tools open: events as JSON lines, a manifest with hashes, the public key."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
import zipfile
import zlib
from dataclasses import asdict, dataclass, replace
from dataclasses import fields as dataclass_fields
from pathlib import Path

from kctrig import __version__
from kctrig.records import points, signing
from kctrig.records.chain import ChainReport, RawEvent, canonical
from kctrig.records.errors import StoreUnreadable
from kctrig.records.evidence import Checked, Evidence, check, lines_of, read_store

EVENTS = "events.jsonl"
MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
PUBLIC_KEY = "public_key.pem"
README = "README.txt"
FORMAT = 1

_README = """A record of kctrig, the rig that types Key Change Tokens and believes only the meter's glass.

events.jsonl    every event, one JSON object a line, oldest first. Tokens are masked: first four and last four digits.
manifest.json   what this bundle holds: SHA-256 of each file, number of events, hash of the last one.
manifest.sig    Ed25519 signature of manifest.json, base64; absent when the key was not there at the export. Without it
                nothing says that the bundle is as it left the bench.
public_key.pem  the key of the signatures; absent when no shift was ever closed.

Each event's hash is SHA-256 over the JSON text of [seq, attempt, meter_no, point, at_unix_ms, body, prev], where body is
the text of the object with sorted keys, no blanks and UTF-8 characters as they are, and prev is the hash of the event
before; the first event's prev is SHA-256 of "kctrig store " and the store_id of the manifest. A shift-close event carries a
signature over the lines: kctrig shift, store_id, shift, head_seq, head_hash, operator, each ended by a newline.

    kctrig verify THIS.zip --key BENCH.pem

BENCH.pem is the bench's public key, got from the bench and not from here: whoever makes a bundle anew puts a key of their own in.
"""


def write_bundle(store_path: Path, out: Path) -> Evidence:
    """Export a store. What is exported is what is there, bent or not; `check_bundle` tells.

    Raises:
        StoreUnreadable: it is no store.
        OSError: the bundle cannot be written.
    """
    evidence = read_store(store_path)
    files = {
        EVENTS: "".join(_line(event) for event in evidence.events).encode(),
        README: _README.encode(),
    }
    key = signing.ShiftKey(store_path) if signing.key_path(store_path).is_file() else None
    public = signing.pem_of(key.public) if key else _public_of(evidence)
    if public:
        files[PUBLIC_KEY] = public.encode()
    head = evidence.head or (0, "")
    manifest = {
        "format": FORMAT,
        "kctrig": __version__,
        "store_id": evidence.store_id,
        "exported_unix_ms": time.time_ns() // 1_000_000,
        "events": len(evidence.events),
        "head_seq": head[0],
        "head_hash": head[1],
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }
    text = (json.dumps(manifest, indent=2, sort_keys=True) + "\n").encode()
    files[MANIFEST] = text
    if key:
        files[SIGNATURE] = key.sign(text).encode()
    part = out.with_name(out.name + ".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, data in files.items():
            bundle.writestr(name, data)
    os.replace(part, out)
    return evidence


@dataclass(frozen=True, slots=True)
class _Contents:
    """A bundle's files and what its manifest says of them; `own_key` is the public key in it, in base64."""

    files: dict[str, bytes]
    store_id: str
    head: tuple[int, str]
    hashes: dict[str, str]
    own_key: str


def check_bundle(path: Path, public: str = "") -> Checked:
    """Check an exported bundle by itself; see `evidence.check`.

    With `public`, the bundle as a whole must be signed with that key, too: only then no file was put in or left out.

    Raises:
        StoreUnreadable: it is no bundle.
    """
    contents = _contents(path)
    events: list[RawEvent] = []
    for number, event in enumerate(_events(contents), 1):
        if event is None:
            return Checked(ChainReport(number - 1, number, f"event {number} is no event any more"))
        events.append(event)
    found = check(Evidence(contents.store_id, events, contents.head), public, own=contents.own_key)
    if not found.chain.ok:
        return found
    wrong = _wrong_files(contents, public or contents.own_key)
    if wrong:
        return replace(found, chain=ChainReport(len(events), 0, wrong))
    whole = SIGNATURE in contents.files
    if public and not whole and not found.unproved:
        return replace(found, unproved=f"{SIGNATURE} is missing, so nobody signed the bundle as a whole")
    return replace(found, whole=whole)


def read_bundle(path: Path) -> Evidence:
    """The events of a bundle, bent or not, without those whose line is no event any more.

    Raises:
        StoreUnreadable: it is no bundle.
    """
    contents = _contents(path)
    events = [event for event in _events(contents) if event is not None]
    return Evidence(contents.store_id, events, contents.head)


# What damaged or forged bytes make zipfile, zlib and json raise.
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    LookupError,
    ValueError,
    TypeError,
    OverflowError,
    RuntimeError,  # encrypted, packed in an unknown way, nested too deeply
)


def _contents(path: Path) -> _Contents:
    try:
        with zipfile.ZipFile(path) as bundle:
            names = bundle.namelist()
            files = {name: bundle.read(name) for name in names}
        if len(files) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"{twice!r} is in it twice")
        manifest = json.loads(files[MANIFEST])
        if manifest["format"] != FORMAT:
            raise ValueError(f"format {manifest['format']!r} is not known to this kctrig")
        canonical(manifest).encode()  # half a surrogate is no text that anybody wrote
        files[EVENTS].decode()
        head = (int(manifest["head_seq"]), str(manifest["head_hash"]))
        own = signing.from_pem(files[PUBLIC_KEY]) if PUBLIC_KEY in files else ""
        return _Contents(files, str(manifest["store_id"]), head, dict(manifest["files"]), own)
    except _UNREADABLE as error:
        raise StoreUnreadable(f"{path} cannot be read as a bundle of kctrig: {error}") from error


def _events(contents: _Contents) -> list[RawEvent | None]:
    return [_event(line) for line in lines_of(contents.files[EVENTS].decode())]


def _wrong_files(contents: _Contents, public: str) -> str:
    files, hashes = contents.files, contents.hashes
    for name, wanted in hashes.items():
        if hashlib.sha256(files.get(name, b"")).hexdigest() != wanted:
            return f"{name} is not the file that the manifest names"
    for name in files:
        if name not in hashes and name not in (MANIFEST, SIGNATURE):
            return f"{name!r} is in the bundle and not in its manifest"
    if SIGNATURE in files and not signing.fits(
        public, files[MANIFEST], files[SIGNATURE].decode("ascii", "replace")
    ):
        return f"the signature of {MANIFEST} does not fit"
    return ""


def _line(event: RawEvent) -> str:
    fields = asdict(event)
    try:
        body = json.loads(event.body)
        fields["body"] = body if canonical(body) == event.body else event.body
    except (ValueError, RecursionError):
        pass  # a bent body is exported as the text that it is
    text = json.dumps(fields, ensure_ascii=False)
    # Escaped, they are the same text to JSON, and one line also to readers that end lines at them.
    return _BREAKS.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


_BREAKS = re.compile("[\u0085\u2028\u2029]")
_TYPES = {one.name: {"int": int, "str": str}[str(one.type)] for one in dataclass_fields(RawEvent)}


def _event(line: str) -> RawEvent | None:
    """The event of a line; None for what kctrig cannot have written."""
    try:
        fields = json.loads(line)
        if not isinstance(fields["body"], str):
            fields["body"] = canonical(fields["body"])
        json.dumps(fields, ensure_ascii=False).encode()  # half a surrogate is no text
        if any(type(value) is not _TYPES[name] for name, value in fields.items()):
            return None
        return RawEvent(**fields)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _public_of(evidence: Evidence) -> str:
    """The key that closed the last shift, as PEM; empty when there is none or it was bent, which the check names."""
    for event in reversed(evidence.events):
        if event.point == points.SHIFT_CLOSE:
            try:
                return signing.pem_of(str(json.loads(event.body)["public_key"]))
            except (ValueError, KeyError, TypeError, RecursionError):
                return ""
    return ""

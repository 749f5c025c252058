"""Draws every build: WireViz source to Graphviz text, SVG, PNG and parts list; needs Graphviz' `dot`.

python -m wiring.build
"""

from __future__ import annotations

import hashlib
import io
import json
import sys

from PIL import Image
from wireviz.wv_bom import bom_list
from wireviz.wv_helper import tuplelist2tsv

from wiring import drawing
from wiring.check import GENERATED, MANIFEST
from wiring.drawing import BUILDS, FOLDER, Drawing

_PNG_DPI = "48"  # a picture to look at; the SVG is the one to zoom into
_PNG_COLORS = 32


def parts_list(build: Drawing) -> str:
    """The parts list, tab-separated, as WireViz counts it."""
    text: str = tuplelist2tsv(bom_list(build.harness.bom()))
    return text


def _few_colors(png: bytes) -> bytes:
    """The same picture in an eighth of the bytes."""
    out = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(_PNG_COLORS).save(out, "PNG", optimize=True)
    return out.getvalue()


def build_all() -> None:
    """Write all generated files and the manifest with their hashes."""
    manifest: dict[str, str] = {}
    for name in BUILDS:
        build = drawing.read(FOLDER / f"{name}.yml")
        graph = build.harness.graph
        small = graph.copy()
        small.attr("graph", dpi=_PNG_DPI)
        contents = (
            graph.source.encode(),
            parts_list(build).encode(),
            graph.pipe(format="svg"),
            _few_colors(small.pipe(format="png")),
        )
        for suffix, content in zip(GENERATED, contents, strict=True):
            path = FOLDER / f"{name}{suffix}"
            path.write_bytes(content)
            manifest[path.name] = hashlib.sha256(content).hexdigest()
            sys.stdout.write(f"{path.name}: {len(content)} bytes\n")
    (FOLDER / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    build_all()

"""What is wrong with a file, in words that can be translated: the system's own errors and those of the readers."""

from __future__ import annotations

import errno
import re

from kctrig.lang import N_
from kctrig.sop.said import Said, say
from kctrig.worklist.rows import WorkListError

_SYSTEM = {
    errno.ENOENT: N_("there is no such file or folder"),
    errno.EISDIR: N_("that is a folder, not a file"),
    errno.ENOTDIR: N_("there is no such folder"),
    errno.EACCES: N_("no permission"),
    errno.EPERM: N_("no permission"),
    errno.EROFS: N_("nothing can be written there"),
    errno.ENOSPC: N_("the disk is full"),
}
_READERS = (
    (
        re.compile(r"not a readable \.xlsx workbook \((?P<why>.*)\); open it and save it again"),
        N_("not a readable .xlsx workbook ({why}); open it and save it again"),
    ),
    (
        re.compile(r"an OpenDocument sheet, not an \.xlsx workbook; save it as \.xlsx or CSV"),
        N_("an OpenDocument sheet, not an .xlsx workbook; save it as .xlsx or CSV"),
    ),
    (
        re.compile(
            r"after row (?P<row>\d+): the file is not valid (?P<why>\S+) text; save it again as CSV UTF-8"
        ),
        N_("after row {row}: the file is not valid {why} text; save it again as CSV UTF-8"),
    ),
    (
        re.compile(
            r"row (?P<row>\d+): (?P<why>.*); look for a quotation mark too many and save the file again"
        ),
        N_("row {row}: {why}; look for a quotation mark too many and save the file again"),
    ),
    (
        re.compile(r"sheets (?P<why>.*) both look like work lists; save the wanted one as a file of its own"),
        N_("sheets {why} both have such columns; save the wanted one as a file of its own"),
    ),
)


def of_system(error: OSError) -> Said:
    """What the system says, in its own words where we have none."""
    text = _SYSTEM.get(error.errno or 0)
    return say(text) if text else say("{wrong}", wrong=error.strerror or str(error))


def of_reader(error: WorkListError) -> Said:
    """What a reader of CSV or .xlsx says, in its own words where we have none."""
    for pattern, text in _READERS:
        found = pattern.fullmatch(str(error))
        if found:
            return say(text, **found.groupdict())
    return say("{wrong}", wrong=error)

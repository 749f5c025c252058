"""What we know of each meter brand, as TOML data validated at load."""

from kctrig.profiles.errors import ProfileError, UnknownBrand
from kctrig.profiles.loader import candidates, load, load_file, names
from kctrig.profiles.merk import for_merk_type
from kctrig.profiles.model import ClearRule, Codes, Echo, Glass, Lockout, Note, Profile

__all__ = [
    "ClearRule",
    "Codes",
    "Echo",
    "Glass",
    "Lockout",
    "Note",
    "Profile",
    "ProfileError",
    "UnknownBrand",
    "candidates",
    "for_merk_type",
    "load",
    "load_file",
    "names",
]

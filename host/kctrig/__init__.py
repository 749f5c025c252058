"""kctrig types Key Change Tokens into prepaid STS meters and believes only the meter's glass."""

__version__ = "0.1.0"

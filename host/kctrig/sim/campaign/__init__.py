"""Campaigns: the whole stack over seeded bad days in virtual time, and a judge who believes only the meters."""

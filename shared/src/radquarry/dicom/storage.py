"""The kinds of object that a PACS may store."""

from pynetdicom import StoragePresentationContexts

STORAGE_CLASSES: tuple[str, ...] = tuple(str(context.abstract_syntax) for context in StoragePresentationContexts)
"""SOP class UIDs (PS3.4 annex B.5)."""

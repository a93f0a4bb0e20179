"""DICOMweb over the archive (PS3.18): QIDO-RS and WADO-RS, read only."""

"""Tests of filing a dossier."""

"""Tests of papers: hostile files, photos, bound papers, cards, reuse."""

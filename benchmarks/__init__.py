"""Measurements of sqlactive_c against its peers; see __main__.py."""

"""The ways by which a study comes out of a region."""

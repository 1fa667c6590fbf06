"""The pages of exports: asking, watching, deciding, looking through, taking, and who did."""

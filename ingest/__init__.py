"""Documents in: files of many formats to clean text and chunks, offsets never lost."""

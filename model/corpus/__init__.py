"""Text for pretraining: cleaned, filtered, without duplicates, split, tokenized and packed."""

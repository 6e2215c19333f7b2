"""Results in, one self-contained HTML file out: it opens from disk and loads nothing."""

"""HTML of what was found: dataclasses in, text out; nothing of gradio, nothing fetched."""

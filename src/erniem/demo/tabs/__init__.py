"""The tabs of the page: what a visitor writes in, a drawing out; all of gradio is here."""

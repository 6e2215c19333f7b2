"""Language codes and what the tables need to know of them."""

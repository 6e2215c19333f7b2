"""The network: an encoder of XLM-R's structure, packed inside, and its heads."""

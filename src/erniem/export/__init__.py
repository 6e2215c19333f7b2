"""Models for others to run: ONNX Runtime, transformers.js, sentence-transformers."""

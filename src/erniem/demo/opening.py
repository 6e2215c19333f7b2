"""What a checkpoint can do: which tabs a page of it has, and why it has no others."""

from dataclasses import dataclass
from pathlib import Path

from erniem.embed import (
    TODAYS_VECTORS,
    Encoder,
    SentenceEncoder,
    VectorSettings,
    open_encoder,
    read_vector_settings,
)
from erniem.embed.backends import TorchBackend
from erniem.model.heads import ErnieMForInformationExtraction, ErnieMForMaskedLM
from erniem.tasks.extract import Extractor
from erniem.tasks.extract.extractor import extraction_tokenizer
from erniem.tasks.fill import Speaker

__all__ = ["Absent", "Opened", "open_checkpoint"]


@dataclass(frozen=True, kw_only=True)
class Absent:
    """Tabs that a page does not have."""

    tabs: tuple[str, ...]
    why: str


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A checkpoint, loaded once, for all tabs."""

    name: str
    """Of its folder."""
    encoder: SentenceEncoder
    """For vectors of words."""
    sentences: Encoder
    """For vectors of sentences, by the same network."""
    speaker: Speaker | None
    """Fills in, if the checkpoint has a masked-LM head and language embeddings."""
    extractor: Extractor | None
    """Extracts, if it has UIE-M's head."""
    absent: tuple[Absent, ...]
    """What it cannot do."""

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages that the checkpoint names; most name none."""
        return tuple(getattr(self.encoder.network.config, "languages", None) or ())

    @property
    def facts(self) -> tuple[str, ...]:
        """Its size, in words."""
        layers = self.encoder.layers
        languages = len(self.languages)
        return (
            f"{layers.num_layers} layer{'s'[: layers.num_layers > 1]} of {layers.width:,}",
            f"{len(self.encoder.tokenizer):,} pieces",
            *([f"{languages} languages"] if languages else []),
        )


def open_checkpoint(folder: Path, vectors: VectorSettings | None = None) -> Opened:
    """Opens a checkpoint of any kind that `open_encoder` reads.

    Args:
        folder: weights, config and tokenizer.
        vectors: how a sentence becomes a vector; None: as the folder says, or the mean of the
            text's tokens in the last layer.

    Raises:
        ValueError: a folder that cannot be read, a layer that the model does not have.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder: name one with a model and its tokenizer.")
    encoder = open_encoder(folder)
    chosen = vectors or read_vector_settings(folder) or TODAYS_VECTORS
    speaker, why_silent = _speaker(encoder)
    extractor, why_none = _extractor(encoder, folder)
    absent = [
        Absent(tabs=tabs, why=why)
        for tabs, why in ((("Fill in", "Pseudo tokens"), why_silent), (("Extract",), why_none))
        if why
    ]
    return Opened(
        name=_name(folder),
        encoder=encoder,
        sentences=Encoder(TorchBackend(encoder, chosen), encoder.tokenizer, chosen, folder),
        speaker=speaker,
        extractor=extractor,
        absent=tuple(absent),
    )


def _name(folder: Path) -> str:
    """A folder's name, with the one above where its own says little."""
    path = folder.resolve() if folder.name in ("", "..") else folder
    says_little = path.name == "final" or path.name.startswith("checkpoint-")
    return f"{path.parent.name} / {path.name}" if says_little and path.parent.name else path.name


def _speaker(encoder: SentenceEncoder) -> tuple[Speaker | None, str]:
    """What fills in, or why nothing does."""
    network = encoder.network
    if not isinstance(network, ErnieMForMaskedLM):
        return None, "this checkpoint has no masked-LM head."
    if not network.config.languages:
        return None, (
            "this checkpoint has no language embeddings, so that a placeholder cannot say in which "
            "language it is to be answered. Checkpoints of erniem pretrain have them."
        )
    return Speaker(network, encoder.tokenizer), ""


def _extractor(encoder: SentenceEncoder, folder: Path) -> tuple[Extractor | None, str]:
    """What extracts, or why nothing does."""
    network = encoder.network
    if not isinstance(network, ErnieMForInformationExtraction):
        return None, "this checkpoint has no head for extraction. UIE-M's checkpoints have one."
    return Extractor(network, extraction_tokenizer(folder)), ""

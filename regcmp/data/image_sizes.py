"""Sizes of images: height, width and channels, which come last."""

from __future__ import annotations

from regcmp.errors import UsageError

MOST_CHANNELS = 4
"""Red, green, blue and how opaque a pixel is."""


def parse_image(text: str) -> tuple[int, int, int]:
    """(28, 28, 1) from '28x28'. Raises UsageError."""
    words = text.lower().replace("×", "x").split("x")
    sizes = [int(word) for word in words if word.strip().isascii() and word.strip().isdecimal()]
    if len(sizes) != len(words) or len(sizes) not in (2, 3) or min(sizes) < 1:
        raise UsageError(
            f"--image: expected height x width, and x channels if there are several, as in 28x28 or"
            f" 32x32x3; got {text!r}",
            "image",
        )
    image = sizes[0], sizes[1], sizes[2] if len(sizes) == 3 else 1
    if has_channels_first(image):
        channels, height, width = image
        how = "reorder the columns as np.transpose(x, (0, 2, 3, 1)) does, and say"
        raise UsageError(
            f"--image: {text!r} has its channels first, and they come last:"
            f" {'say' if channels == 1 else how} {image_text((height, width, channels))}",
            "image",
        )
    return image


def has_channels_first(image: tuple[int, int, int]) -> bool:
    """Whether what is read as height, width, channels must be channels, height, width.

    Images have 1, 3 or 4 channels, sometimes 2. What could be either is read with channels last.
    """
    return image[0] <= MOST_CHANNELS < image[2]


def image_text(image: tuple[int, int, int]) -> str:
    """'28x28' or '32x32x3'."""
    return "x".join(map(str, image[:2] if image[2] == 1 else image))

"""Colours and a gamma go in; an ICC profile of them comes out, and what its pixels are in sRGB."""

import struct

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]

# Columns: XYZ of red, green and blue, adapted to D50 (ICC.1:2022, 6.3.1).
ADOBE_RGB = np.array(
    [[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]]
)
DISPLAY_P3 = np.array(
    [[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]]
)
SRGB = np.array(
    [[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]]
)
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def make_profile(matrix: Matrix, curve: tuple[float, ...], space: bytes = b"RGB ") -> bytes:
    """Give a display's profile of matrix and tone curve (ICC.1:2022, 8.3.3; para: 10.18)."""

    def fixed(*values: float) -> bytes:
        return b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    kind = 0 if len(curve) == 1 else 3
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + bytes(78) + b"\0",
        b"wtpt": b"XYZ \0\0\0\0" + fixed(0.9642, 1.0, 0.8249),
        **{
            name: b"XYZ \0\0\0\0" + fixed(*matrix[:, place])
            for place, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))
        },
        **dict.fromkeys(
            (b"rTRC", b"gTRC", b"bTRC"),
            b"para\0\0\0\0" + struct.pack(">HH", kind, 0) + fixed(*curve),
        ),
    }
    table, content, place = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for name, value in tags.items():
        table += name + struct.pack(">II", place + len(content), len(value))
        content += value + bytes(-len(value) % 4)
    head = struct.pack(">I4sI4s4s4s", place + len(content), b"lcms", 0x04300000, b"mntr", space,
                       b"XYZ ")  # fmt: skip
    head += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    head += fixed(0.9642, 1.0, 0.8249) + bytes(48)
    return head + table + content


def to_srgb(pixels: npt.NDArray[np.uint8], matrix: Matrix, curve: tuple[float, ...]) -> Matrix:
    """Give what the pixels are in sRGB, by the standards' formulas."""
    gamma, *rest = curve
    levels = pixels / 255.0
    if rest:
        a, b, c, d = rest
        linear = np.where(levels >= d, (a * levels + b) ** gamma, c * levels)
    else:
        linear = levels**gamma
    light = np.clip(linear @ matrix.T @ np.linalg.inv(SRGB).T, 0, 1)
    coded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return coded * 255.0

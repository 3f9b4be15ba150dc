"""Writes one small image of every kind that frames come in, and what Pillow's `convert("RGB")` makes of it.

Usage: python make_formats.py    (needs numpy, "pillow<13", safetensors, and the program ffmpeg)

The picture is part of a frame beside this file. Kinds of PNG that Pillow cannot write are put together by
hand, from random values.
"""

import struct
import subprocess
import zlib
from pathlib import Path

import numpy as np
from PIL import Image
from safetensors.numpy import save_file

here = Path(__file__).parent
folder = here / "formats"
folder.mkdir(exist_ok=True)
face = Image.open(here / "clip_jpeg/00001.jpg").crop((31, 40, 78, 81))

for sampling in ["4:4:4", "4:2:2", "4:2:0"]:
    face.save(folder / f"{sampling.replace(':', '')}.jpg", quality=90, subsampling=sampling)
# These two Pillow reads, but does not write.
for sampling in ["440", "411"]:
    to = ["-pix_fmt", f"yuvj{sampling}p", "-q:v", "2", str(folder / f"{sampling}.jpg")]
    subprocess.run(["ffmpeg", "-y", "-loglevel", "error", "-i", str(folder / "444.jpg"), *to], check=True)
# Values far beyond their range, and codes of every length.
noise = Image.fromarray(np.random.default_rng(2).choice([0, 255], (37, 43, 3)).astype(np.uint8))
noise.save(folder / "noise.jpg", quality=100, subsampling="4:2:0", optimize=True)
noise.save(folder / "coarse_noise.jpg", quality=5, subsampling="4:2:2")
face.save(folder / "coarse.jpg", quality=5)
for side in [1, 2, 3, 4, 5, 6]:
    face.resize((side, 9)).save(folder / f"{side}_wide.jpg", quality=90)
    face.resize((9, side)).save(folder / f"{side}_high.jpg", quality=90)
face.save(folder / "progressive.jpg", quality=90, progressive=True)
face.save(folder / "restarts.jpg", quality=90, restart_marker_blocks=2)
face.convert("L").save(folder / "grey.jpg", quality=90)
turned = Image.Exif()
turned[0x0112] = 6
face.save(folder / "exif_turned.jpg", quality=90, exif=turned)
face.convert("CMYK").save(folder / "cmyk.jpg", quality=90)
# A name that says the wrong thing.
face.convert("P", palette=Image.Palette.ADAPTIVE, colors=100).save(folder / "really_png.jpg", format="PNG")
face.save(folder / "really_jpeg.png", format="JPEG", quality=90)

rng = np.random.default_rng(1)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def write_png(name, channels, depth, colour, *chunks):
    width, height = 13, 7
    row = (width * channels * depth + 7) // 8
    # Each row names its filter: none, difference to the left, above, their mean, Paeth's predictor.
    raw = b"".join(bytes([y % 5]) + rng.integers(0, 256, row, dtype=np.uint8).tobytes() for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = [chunk(b"IHDR", header), *chunks, chunk(b"IDAT", zlib.compress(raw)), chunk(b"IEND", b"")]
    (folder / name).write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


for depth in [1, 2, 4, 8, 16]:
    write_png(f"grey_{depth}.png", 1, depth, 0)
for depth in [1, 2, 4, 8]:
    palette = chunk(b"PLTE", rng.integers(0, 256, 3 * 2**depth, dtype=np.uint8).tobytes())
    write_png(f"palette_{depth}.png", 1, depth, 3, palette)
    clear = chunk(b"tRNS", bytes([0, 128]))
    write_png(f"palette_clear_{depth}.png", 1, depth, 3, palette, clear)
for depth in [8, 16]:
    write_png(f"rgb_{depth}.png", 3, depth, 2)
    write_png(f"grey_alpha_{depth}.png", 2, depth, 4)
    write_png(f"rgb_alpha_{depth}.png", 4, depth, 6)
write_png("rgb_clear_8.png", 3, 8, 2, chunk(b"tRNS", bytes([0, 1, 0, 2, 0, 3])))

expected = {
    path.name: np.array(Image.open(path).convert("RGB")) for path in sorted(folder.iterdir()) if path.name != "cmyk.jpg"
}
save_file(expected, here / "formats.safetensors")

"""Frames per second of our loader and of a Pillow loader doing the same work on the same files.

Training transforms of a clip: 16 of its frames decoded from JPEG, brightness, rotation, random
resized crop to 224x224 (bilinear), mirror image, 32-bit floats in 0 to 1 as [16, 3, 224, 224].
Both keep a clip's frames in that order and drop them then; nothing is handed between processes on
Pillow's side. Both draw their random numbers from the same ranges, so the work is the same on average.

    cargo build --release -p exp-data --example throughput
    target/release/examples/throughput draw CLIPS      # or any folder of clips, each a folder of JPEG files
    pip install "pillow<13" numpy
    python framework/data/examples/throughput.py target/release/examples/throughput CLIPS --workers 1 2

The rounds alternate between the two, so that both meet the same machine; the figures are medians.
"""

import argparse
import math
import multiprocessing
import random
import statistics
import subprocess
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

SEGMENTS, SIZE = 16, 224


def crop_box(width, height):
    for _ in range(10):
        area = random.uniform(0.08, 1) * width * height
        aspect = random.uniform(3 / 4, 4 / 3)
        w, h = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if random.random() < 0.5:
            w, h = h, w
        if w <= width and h <= height:
            left, top = random.randint(0, width - w), random.randint(0, height - h)
            return left, top, left + w, top + h
    return 0, 0, width, height


def read_clip(files):
    part = len(files) // SEGMENTS
    chosen = [files[i * part + random.randrange(part)] for i in range(SEGMENTS)]
    images = [Image.open(file).convert("RGB") for file in chosen]
    factor, degrees = random.uniform(0.5, 1.5), random.uniform(-4, 4)
    box, mirrored = crop_box(*images[0].size), random.random() < 0.5
    images = [ImageEnhance.Brightness(image).enhance(factor) for image in images]
    images = [image.rotate(degrees) for image in images]
    images = [image.crop(box).resize((SIZE, SIZE), Image.Resampling.BILINEAR) for image in images]
    if mirrored:
        images = [image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) for image in images]
    pixels = np.stack(images).transpose(0, 3, 1, 2).astype(np.float32, order="C")
    pixels /= 255
    return pixels


def read_clips(clips):
    for files in clips:
        read_clip(files)


def pillow(clips, workers, pool):
    start = time.perf_counter()
    if pool:
        pool.map(read_clips, [clips[i::workers] for i in range(workers)], chunksize=1)
    else:
        read_clips(clips)
    return len(clips) * SEGMENTS / (time.perf_counter() - start)


def ours(program, folder, workers):
    done = subprocess.run([program, folder, str(workers)], check=True, capture_output=True, text=True)
    return float(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("folder")
    parser.add_argument("--workers", type=int, nargs="+", default=[1])
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    clips = [sorted(map(str, clip.iterdir())) for clip in sorted(Path(options.folder).iterdir())]
    for workers in options.workers:
        pool = multiprocessing.Pool(workers) if workers > 1 else None
        pillow(clips, workers, pool)
        rounds = [
            (pillow(clips, workers, pool), ours(options.program, options.folder, workers))
            for _ in range(options.rounds)
        ]
        theirs, mine = (statistics.median(column) for column in zip(*rounds))
        ratio = statistics.median(b / a for a, b in rounds)
        print(f"{workers} workers: Pillow {theirs:.0f} frames/s, ours {mine:.0f}, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()

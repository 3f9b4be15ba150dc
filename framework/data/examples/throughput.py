"""Frames per second of our loader and of a Pillow loader doing the same work on the same files.

Training transforms of a clip: 16 of its frames decoded from JPEG, brightness, rotation, random
resized crop to 224x224 (bilinear), mirror image, 32-bit floats in 0 to 1 as [16, 3, 224, 224].
Both keep a clip's frames in that order and drop them then; nothing is handed between processes on
Pillow's side. Both draw their random numbers from the same ranges, so the work is the same on average.

    cargo build --release --workspace --example throughput
    target/release/examples/throughput draw CLIPS      # or any folder of clips, each a folder of JPEG files
    pip install "pillow<13" numpy
    python framework/data/examples/throughput.py target/release/examples/throughput CLIPS --workers 1 2

The rounds alternate between the two, so that both meet the same machine; the figures are medians of
frames per second, and of frames per second of processor time, which is what one core does and what
other programs on the machine disturb least. With --cache FOLDER, ours is measured once more with the
decoded frames of the pass before in a file in FOLDER.

On two virtual cores of an AMD EPYC (Zen 4), with Pillow 12.3 (libjpeg-turbo 3.1), medians of seven rounds:

                 by processor time, frames/s a core          by the clock, frames/s
                 Pillow   ours          with a cache         Pillow   ours         with a cache
    one worker   578      2048 (3.5x)   4096 (7.0x)          77       292 (3.4x)   518 (6.6x)
    two workers  526      1969 (3.7x)   3793 (6.8x)          77       310 (3.4x)   605 (6.5x)

Other programs kept both cores busy meanwhile (some 15 at a time), which makes the clock's frames/s small
and each core slower than it is alone; the ratios are of neighbouring rounds. One worker of ours has a thread
beside it that makes floats of bytes, which processor time counts. The pixels are the same: of 1536 such
frames no decoded value differs from Pillow's, and brightness, rotation, cut and scaling have tests that say
so. We decode what the crop shows, and Huffman codes no further than its last row; Pillow decodes all.
Of our time (perf, one worker), 45 % is decoding JPEG: 27 % Huffman codes, 8 % the cosine transform, 9 % colours;
23 % is scaling, 10 % cut and rotation, 6 % brightness, 4 % floats, the rest mostly reading files.
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
    """Reads clips; returns the processor's seconds."""
    start = time.process_time()
    for files in clips:
        read_clip(files)
    return time.process_time() - start


def pillow(clips, workers, pool):
    """Frames per second, and per second of processor time."""
    frames = len(clips) * SEGMENTS
    start = time.perf_counter()
    busy = sum(pool.map(read_clips, [clips[i::workers] for i in range(workers)], chunksize=1))
    return frames / (time.perf_counter() - start), frames / busy


def ours(options, workers, *cache):
    """The same; of two passes the second counts, since Pillow's processes have warmed up too."""
    command = [options.program, options.folder, str(workers), "2", *cache]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return tuple(map(float, done.stdout.splitlines()[-1].split()))


def report(name, rounds, baseline):
    wall, busy = (statistics.median(column) for column in zip(*rounds))
    ratios = [tuple(a / b for a, b in zip(*pair)) for pair in zip(rounds, baseline)]
    wall_ratio, busy_ratio = (statistics.median(column) for column in zip(*ratios))
    print(f"  {name:22} {wall:6.0f} frames/s ({wall_ratio:.2f}x)   {busy:6.0f} a core ({busy_ratio:.2f}x)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("folder")
    parser.add_argument("--workers", type=int, nargs="+", default=[1])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--cache")
    options = parser.parse_args()
    clips = [sorted(map(str, clip.iterdir())) for clip in sorted(Path(options.folder).iterdir())]
    for workers in options.workers:
        print(f"{workers} worker(s)")
        theirs, mine, cached = [], [], []
        with multiprocessing.Pool(workers) as pool:
            pillow(clips, workers, pool)
            for _ in range(options.rounds):
                theirs.append(pillow(clips, workers, pool))
                mine.append(ours(options, workers))
                if options.cache:
                    cached.append(ours(options, workers, options.cache))
        report("Pillow", theirs, theirs)
        report("ours", mine, theirs)
        if options.cache:
            report("ours, with a cache", cached, theirs)


if __name__ == "__main__":
    main()

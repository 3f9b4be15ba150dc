"""Writes the data of these tests: a small part of the parity data, and what Pillow makes of one frame.

Usage: python make_twins.py PARITY_FOLDER    (needs numpy, pillow, safetensors)

The parity data are what the published PyTorch code of DFER-CLIP computes. Of large results every
n-th row is kept. The tests run on all of it when EXP_PARITY names the unpacked folder.
"""

import shutil
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance
from safetensors.numpy import load_file, save_file

parity, here = Path(sys.argv[1]), Path(__file__).parent

for name in ["sampling_eval.json", "sampling_train.json"]:
    shutil.copy(parity / name, here / name)
shutil.copytree(parity / "clip_jpeg", here / "clip_jpeg", dirs_exist_ok=True)

clip = load_file(parity / "clip_jpeg_expected.safetensors")
first = clip["decoded_first_u8_hwc"]
clip["eval_u8_tchw"] = np.ascontiguousarray(clip["eval_u8_tchw"][:, :, ::16])
save_file(clip, here / "clip_jpeg_expected.safetensors")

resized = load_file(parity / "resize.safetensors")
save_file(
    {
        "source_80x64_u8_hwc": resized["source_80x64_u8_hwc"],
        "resized_80x64_u8_hwc": np.ascontiguousarray(resized["resized_80x64_u8_hwc"][::8]),
    },
    here / "resize.safetensors",
)



def scale(image, width, height):
    """Pillow's bilinear filter, rows before columns: its fixed order up to version 12."""
    rows = image.resize((width, image.height), Image.Resampling.BILINEAR)
    return rows.resize((width, height), Image.Resampling.BILINEAR)


# A part of the frame with the eyes and the mouth, odd in both sides.
source = Image.fromarray(first).crop((30, 40, 91, 117))
golden = {"source": source}
for degrees in [-4.0, -0.3, 0.0, 1.7, 4.0, 33.0]:
    golden[f"rotate/{degrees}"] = source.rotate(degrees)
for factor in [0.5, 0.83, 1.0, 1.1, 1.5]:
    golden[f"brighten/{factor}"] = ImageEnhance.Brightness(source).enhance(factor)
for box in ["3,5,40,21", "0,0,61,77", "50,60,20,30"]:
    left, top, width, height = map(int, box.split(","))
    cut = source.crop((left, top, left + width, top + height))
    for size in [16, 48]:
        golden[f"crop_resize/{box},{size}"] = scale(cut, size, size)
golden["resize/100,30"] = scale(source, 100, 30)
save_file({k: np.array(v) for k, v in golden.items()}, here / "pillow.safetensors")

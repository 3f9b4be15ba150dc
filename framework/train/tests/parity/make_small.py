"""Makes the small parity data in this folder from the full data.

The full data hold what the authors' public PyTorch code computes (DFER-CLIP, float32, CPU) on a
small random CLIP. Here are the same numbers, with the token table cut to the rows that the texts
use, weights as bfloat16 where that loses nothing, and without tensors that the test does not read.

    python3 make_small.py FOLDER_OF_THE_FULL_DATA
"""

import json
import pathlib
import struct
import sys

import numpy as np

KINDS = {"F32": "<f4", "I32": "<i4", "I64": "<i8", "U8": "u1"}
CODES = {"float32": "F32", "int32": "I32", "int64": "I64", "uint8": "U8", "uint32": "U32"}


def read(path):
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = np.frombuffer(data[start:end], KINDS[entry["dtype"]]).reshape(entry["shape"])
    return tensors


def write(path, tensors):
    header, body, offset = {}, [], 0
    for name, values in sorted(tensors.items()):
        bits = np.ascontiguousarray(values)
        code, data = CODES[bits.dtype.name], bits.tobytes()
        if code == "F32" and not (np.frombuffer(data, "<u4") & 0xFFFF).any():
            code, data = "BF16", (np.frombuffer(data, "<u4") >> 16).astype("<u2").tobytes()
        header[name] = {"dtype": code, "shape": list(values.shape), "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
        body.append(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(body))


def main():
    full, here = pathlib.Path(sys.argv[1]), pathlib.Path(__file__).parent
    cases = json.loads((full / "cases.json").read_text())
    (here / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")

    weights = read(full / "clip_tiny_openai.safetensors")
    used = np.flatnonzero(np.abs(weights["token_embedding.weight"]).max(axis=1))
    weights["token_embedding.weight"] = weights["token_embedding.weight"][used]
    weights["token_ids"] = used.astype("uint32")
    write(here / "clip_tiny_openai.safetensors", weights)

    for name in ("temporal_init", "frames"):
        write(here / f"{name}.safetensors", read(full / f"{name}.safetensors"))
    for case in cases["cases"]:
        name = f"case_{case['id']}.safetensors"
        dropped = ("prompts_embedded", "after.", "grad64.")
        kept = {key: value for key, value in read(full / name).items() if not key.startswith(dropped)}
        write(here / name, kept)


main()

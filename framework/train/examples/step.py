"""Forward pass and training step of DFER-CLIP, ours beside the same model in PyTorch.

ViT-B/32 on every frame, a temporal transformer of depth 1, a learnable context that goes through the
frozen text encoder, SGD with momentum: the protocol's model, with random weights, float32. Clips are
noise. The model below is written from the published description of DFER-CLIP and of CLIP; as in the
authors' code, texts have 77 positions and gradients reach no frozen weight.

    cargo build --release --workspace --example step
    pip install torch numpy
    python framework/train/examples/step.py target/release/examples/step --threads 2 --rounds 7

Both programs are started once and then run in turn, so that both meet the same machine. Figures are
medians of seconds and of processor seconds (which other programs on the machine disturb least), the
ratio ours to PyTorch's, the rate of a large matrix product, and the largest memory of each.
`--context 0` leaves the text encoder out of the step; `--checkpoint` trades time for memory in ours.

On two virtual cores of an AMD EPYC (Zen 4), PyTorch 2.15, 2 clips of 16 frames, context 8, 5 rounds,
with some load of other programs:

    forward   ours 1.71 s (1.65 to 1.75), PyTorch 1.96 (1.90 to 2.00): 0.87; by processor time 0.83
    step      ours 5.40 s (5.05 to 6.24), PyTorch 6.35 (5.76 to 6.66): 0.85; by processor time 0.80
    memory    ours 2.45 GB, PyTorch 3.86 GB; with --checkpoint 2.05 GB and 5.66 s (0.87)
    product   ours 193 GFLOP/s, PyTorch 184

What each part of that brought to a step there, by processor time: linear layers through faer, which
multiply transposed operands where they lie and add to a bias that stands there, and an optimiser that
adds in place on all cores, 11.8 to 9.9 s; memory kept for the next step, 13.6 to 11.3 s; QuickGELU,
layer norm, attention and the cuts of the last block before that, 1.26 to 0.92 of PyTorch's time.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

CLASSES, FRAMES, WORDS, POSITIONS = 7, 16, 22, 77


def torch_program(clips, context):
    """Answers the same commands as step.rs."""
    import torch
    from torch import nn
    from torch.nn import functional as F

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    torch.manual_seed(1)

    class Block(nn.Module):
        def __init__(self, width, causal):
            super().__init__()
            self.heads = width // 64
            self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
            self.in_proj, self.out_proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.c_fc, self.c_proj = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
            self.causal = causal

        def forward(self, x):
            n, t, w = x.shape
            q, k, v = self.in_proj(self.ln_1(x)).view(n, t, 3, self.heads, 64).permute(2, 0, 3, 1, 4)
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
            x = x + self.out_proj(mixed.transpose(1, 2).reshape(n, t, w))
            h = self.c_fc(self.ln_2(x))
            return x + self.c_proj(h * torch.sigmoid(1.702 * h))

    class Vision(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(3, 768, 32, 32, bias=False)
            self.cls = nn.Parameter(torch.randn(768) * 0.03)
            self.pos = nn.Parameter(torch.randn(50, 768) * 0.03)
            self.ln_pre, self.ln_post = nn.LayerNorm(768), nn.LayerNorm(768)
            self.blocks = nn.Sequential(*[Block(768, False) for _ in range(12)])
            self.proj = nn.Parameter(torch.randn(768, 512) * 0.03)

        def forward(self, images):
            x = self.conv1(images).flatten(2).transpose(1, 2)
            x = torch.cat([self.cls.expand(len(x), 1, -1), x], 1) + self.pos
            return self.ln_post(self.blocks(self.ln_pre(x))[:, 0]) @ self.proj

    class Text(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Parameter(torch.randn(49408, 512) * 0.02)
            self.pos = nn.Parameter(torch.randn(77, 512) * 0.01)
            self.blocks = nn.Sequential(*[Block(512, True) for _ in range(12)])
            self.ln_final = nn.LayerNorm(512)
            self.proj = nn.Parameter(torch.randn(512, 512) * 0.03)

        def forward(self, x, end):
            x = self.ln_final(self.blocks(x + self.pos[: x.shape[1]]))
            return x[:, end] @ self.proj

    class Temporal(nn.Module):
        def __init__(self):
            super().__init__()
            self.cls = nn.Parameter(torch.randn(1, 1, 512))
            self.pos = nn.Parameter(torch.randn(1, FRAMES + 1, 512))
            self.n1, self.n2 = nn.LayerNorm(512), nn.LayerNorm(512)
            self.qkv, self.out = nn.Linear(512, 1536, bias=False), nn.Linear(512, 512)
            self.fc, self.pr = nn.Linear(512, 1024), nn.Linear(1024, 512)

        def forward(self, x):
            n = len(x)
            x = torch.cat([self.cls.expand(n, 1, -1), x], 1) + self.pos
            q, k, v = self.qkv(self.n1(x)).view(n, FRAMES + 1, 3, 8, 64).permute(2, 0, 3, 1, 4)
            mixed = F.scaled_dot_product_attention(q, k, v)
            x = x + self.out(mixed.transpose(1, 2).reshape(n, FRAMES + 1, 512))
            return (x + self.pr(F.gelu(self.fc(self.n2(x)), approximate="tanh")))[:, 0]

    image, text, temporal = Vision(), Text().requires_grad_(False), Temporal()
    vectors = nn.Parameter(torch.randn(CLASSES, max(context, 1), 512) * 0.02)
    groups = [
        {"params": temporal.parameters(), "lr": 1e-2},
        {"params": image.parameters(), "lr": 1e-5},
        {"params": [vectors], "lr": 1e-3},
    ]
    optimiser = torch.optim.SGD(groups, lr=1e-2, momentum=0.9, weight_decay=1e-4)
    clip = torch.rand(clips, FRAMES, 3, 224, 224)
    labels = torch.arange(clips) % CLASSES
    words = text.table[320 : 320 + CLASSES, None].expand(-1, WORDS, -1)
    start, end = (text.table[at].expand(CLASSES, 1, -1) for at in (49406, 49407))
    rest = text.table[0].expand(CLASSES, POSITIONS - WORDS - context - 2, -1)

    def class_features():
        parts = [start, vectors[:, :context], words, end, rest]
        return text(torch.cat(parts, 1), WORDS + context + 1)

    with torch.no_grad():
        constant = class_features()

    def logits():
        video = temporal(image(clip.flatten(0, 1)).view(clips, FRAMES, 512))
        classes = class_features() if context else constant
        return F.normalize(video, dim=1) @ F.normalize(classes, dim=1).T / 0.01

    def step():
        loss = F.cross_entropy(logits(), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        loss.item()
        return 1

    def forward():
        with torch.no_grad():
            return logits().numel()

    def product():
        left, right = torch.rand(1600, 768), torch.rand(768, 3072)
        seconds = []
        for _ in range(10):
            begin = time.perf_counter()
            left @ right
            seconds.append(time.perf_counter() - begin)
        return int(2 * 1600 * 768 * 3072 / min(seconds))

    commands = {"forward": forward, "step": step, "product": product}
    for line in sys.stdin:
        if line.strip() == "memory":
            print(1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, flush=True)
            continue
        wall, cpu = time.perf_counter(), time.process_time()
        note = commands[line.strip()]()
        print(time.perf_counter() - wall, time.process_time() - cpu, note, flush=True)


class Program:
    def __init__(self, command, threads):
        names = ("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
        environment = os.environ | dict.fromkeys(names, str(threads))
        # As `exp` sets it for itself: our allocator keeps what one step frees for the next.
        environment["MIMALLOC_PURGE_DELAY"] = "-1"
        pipe = subprocess.PIPE
        self.child = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment)

    def ask(self, command):
        self.child.stdin.write(command + "\n")
        self.child.stdin.flush()
        return [float(word) for word in self.child.stdout.readline().split()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("program", help="the built example, target/release/examples/step")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--clips", type=int, default=2)
    parser.add_argument("--context", type=int, default=8, help="learnable tokens; 0: no text in the step")
    parser.add_argument("--checkpoint", action="store_true", help="activation checkpointing in ours")
    chosen = parser.parse_args()
    if chosen.program == "torch":
        return torch_program(chosen.clips, chosen.context)

    sizes = ["--clips", str(chosen.clips), "--context", str(chosen.context)]
    ours = [chosen.program, str(chosen.clips), str(chosen.context), str(int(chosen.checkpoint))]
    programs = {
        "ours": Program(ours, chosen.threads),
        "PyTorch": Program([sys.executable, Path(__file__), "torch", *sizes], chosen.threads),
    }
    for command in ("forward", "step", "product"):
        rounds = {name: [] for name in programs}
        for number in range(chosen.rounds + 1):
            for name, program in programs.items():
                answer = program.ask(command)
                # The first round warms up.
                if number:
                    rounds[name].append(answer)
        if command == "product":
            for name, answers in rounds.items():
                rate = max(answer[2] for answer in answers) / 1e9
                print(f"product  {name:8} {rate:7.1f} GFLOP/s at best")
            continue
        for at, unit in enumerate(("s", "processor s")):
            middle = {name: statistics.median(a[at] for a in answers) for name, answers in rounds.items()}
            ratio = middle["ours"] / middle["PyTorch"]
            spread = "; ".join(
                f"{name} {middle[name]:.2f} ({min(a[at] for a in answers):.2f} to {max(a[at] for a in answers):.2f})"
                for name, answers in rounds.items()
            )
            print(f"{command:8} {unit:12} {spread}: ratio {ratio:.2f}", flush=True)
    for name, program in programs.items():
        print(f"memory   {name:8} {program.ask('memory')[0] / 1e9:.2f} GB at most")
        program.child.stdin.close()


if __name__ == "__main__":
    main()

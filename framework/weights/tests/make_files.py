"""Makes the small weight files in `files/`, with PyTorch itself.

    python3 make_files.py          (torch 2.15 from PyPI; the values are the same on every run)

All hold the same small CLIP or DFER-CLIP in another way, so that the test compares them.
"""

import collections
import pathlib
import zipfile

import torch
from torch import nn

FILES = pathlib.Path(__file__).parent / "files"
WIDTH, EMBED, PATCH, TOKENS, POSITIONS, CLASSES = 4, 3, 2, 6, 5, 2


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.in_proj_weight = nn.Parameter(torch.randn(3 * WIDTH, WIDTH))
        self.in_proj_bias = nn.Parameter(torch.randn(3 * WIDTH))
        self.out_proj = nn.Linear(WIDTH, WIDTH)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.attn = Attention()
        self.ln_1 = nn.LayerNorm(WIDTH)
        self.mlp = nn.Sequential(
            collections.OrderedDict(c_fc=nn.Linear(WIDTH, 2 * WIDTH), c_proj=nn.Linear(2 * WIDTH, WIDTH))
        )
        self.ln_2 = nn.LayerNorm(WIDTH)


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.resblocks = nn.Sequential(Block(), Block())


class Vision(nn.Module):
    def __init__(self):
        super().__init__()
        self.class_embedding = nn.Parameter(torch.randn(WIDTH))
        self.positional_embedding = nn.Parameter(torch.randn(5, WIDTH))
        self.proj = nn.Parameter(torch.randn(WIDTH, EMBED))
        self.conv1 = nn.Conv2d(3, WIDTH, PATCH, PATCH, bias=False)
        self.ln_pre = nn.LayerNorm(WIDTH)
        self.transformer = Transformer()
        self.ln_post = nn.LayerNorm(WIDTH)


class Clip(nn.Module):
    def __init__(self):
        super().__init__()
        self.positional_embedding = nn.Parameter(torch.randn(POSITIONS, WIDTH))
        self.text_projection = nn.Parameter(torch.randn(WIDTH, EMBED))
        self.logit_scale = nn.Parameter(torch.tensor(4.6))
        self.visual = Vision()
        self.transformer = Transformer()
        self.token_embedding = nn.Embedding(TOKENS, WIDTH)
        self.ln_final = nn.LayerNorm(WIDTH)
        self.register_buffer("input_resolution", torch.tensor(4))
        self.register_buffer("context_length", torch.tensor(POSITIONS))
        self.register_buffer("vocab_size", torch.tensor(TOKENS))

    def forward(self, image):
        return self.visual.conv1(image)


class TextEncoder(nn.Module):
    def __init__(self, clip):
        super().__init__()
        self.transformer = clip.transformer
        self.positional_embedding = clip.positional_embedding
        self.ln_final = clip.ln_final
        self.text_projection = clip.text_projection


class PromptLearner(nn.Module):
    def __init__(self, shared):
        super().__init__()
        embedded = torch.randn(CLASSES, POSITIONS, WIDTH)
        self.ctx = nn.Parameter(torch.randn(*([2, WIDTH] if shared else [CLASSES, 2, WIDTH])))
        self.register_buffer("token_prefix", embedded[:, :1, :])
        self.register_buffer("token_suffix", embedded[:, 3:, :])


class Branch(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.fn = nn.Module()
        self.fn.norm = nn.LayerNorm(EMBED)
        self.fn.fn = inner


class Temporal(nn.Module):
    def __init__(self):
        super().__init__()
        attention, forward = nn.Module(), nn.Module()
        attention.to_qkv = nn.Linear(EMBED, 6, bias=False)
        attention.to_out = nn.Sequential(nn.Linear(2, EMBED), nn.Dropout(0.0))
        forward.net = nn.Sequential(nn.Linear(EMBED, 4), nn.GELU(), nn.Dropout(0.0), nn.Linear(4, EMBED))
        self.cls_token = nn.Parameter(torch.randn(1, 1, EMBED))
        self.pos_embedding = nn.Parameter(torch.randn(1, 3, EMBED))
        self.temporal_transformer = nn.Module()
        self.temporal_transformer.layers = nn.ModuleList([nn.ModuleList([Branch(attention), Branch(forward)])])


class DferClip(nn.Module):
    def __init__(self, clip, shared):
        super().__init__()
        self.prompt_learner = PromptLearner(shared)
        self.text_encoder = TextEncoder(clip)
        self.image_encoder = clip.visual
        self.temporal_net = Temporal()
        self.clip_model_ = clip


class Recorder:
    """A class that no reader of the checkpoint knows."""

    def __init__(self):
        self.losses = [0.5, 0.25]
        self.best = {"epoch": 3}


def hugging_face(state):
    """The names and shapes of `transformers`."""
    renamed = {}
    names = [
        ("visual.class_embedding", "vision_model.embeddings.class_embedding"),
        ("visual.positional_embedding", "vision_model.embeddings.position_embedding.weight"),
        ("visual.conv1.", "vision_model.embeddings.patch_embedding."),
        ("visual.ln_pre.", "vision_model.pre_layrnorm."),
        ("visual.ln_post.", "vision_model.post_layernorm."),
        ("visual.transformer.resblocks.", "vision_model.encoder.layers."),
        ("transformer.resblocks.", "text_model.encoder.layers."),
        ("token_embedding.", "text_model.embeddings.token_embedding."),
        ("positional_embedding", "text_model.embeddings.position_embedding.weight"),
        ("ln_final.", "text_model.final_layer_norm."),
        ("visual.proj", "visual_projection.weight"),
        ("text_projection", "text_projection.weight"),
        ("logit_scale", "logit_scale"),
    ]
    layers = [(".attn.out_proj.", ".self_attn.out_proj."), (".ln_1.", ".layer_norm1."), (".ln_2.", ".layer_norm2.")]
    layers += [(".mlp.c_fc.", ".mlp.fc1."), (".mlp.c_proj.", ".mlp.fc2.")]
    for name, value in state.items():
        if not value.is_floating_point():
            continue
        there, new = next(pair for pair in names if name.startswith(pair[0]))
        key = new + name[len(there) :]
        for old, other in layers:
            key = key.replace(old, other)
        if name in ("visual.proj", "text_projection"):
            renamed[key] = value.t().contiguous()
        elif "in_proj_" in name:
            for letter, part in zip("qkv", value.chunk(3)):
                renamed[key.replace("attn.in_proj_", f"self_attn.{letter}_proj.")] = part.clone()
        else:
            renamed[key] = value
    renamed["vision_model.embeddings.position_ids"] = torch.arange(5)[None]
    renamed["text_model.embeddings.position_ids"] = torch.arange(POSITIONS)[None]
    return renamed


def without_debugging(path):
    """Writes an archive again without the entries that hold line numbers and paths of this script."""
    with zipfile.ZipFile(path) as archive:
        entries = [(info, archive.read(info)) for info in archive.infolist()]
    with zipfile.ZipFile(path, "w") as archive:
        for info, content in entries:
            if not info.filename.endswith(".debug_pkl"):
                archive.writestr(zipfile.ZipInfo(info.filename), content, info.compress_type)


def trained(clip, shared):
    model = DferClip(clip, shared)
    optimizer = torch.optim.SGD(model.temporal_net.parameters(), lr=0.1, momentum=0.9)
    sum(p.sum() for p in model.temporal_net.parameters()).backward()
    optimizer.step()
    return model, optimizer


def main():
    torch.manual_seed(0)
    FILES.mkdir(exist_ok=True)
    clip = Clip()
    with torch.no_grad():
        for parameter in clip.parameters():
            parameter.copy_(torch.randn_like(parameter))
    state = clip.state_dict()
    torch.jit.trace(clip, torch.randn(1, 3, 4, 4)).save(FILES / "clip_torchscript.pt")
    without_debugging(FILES / "clip_torchscript.pt")
    torch.save(state, FILES / "clip.pt")
    torch.save(state, FILES / "clip_protocol_5.pt", pickle_protocol=5)
    torch.save(state, FILES / "clip_legacy.pt", _use_new_zipfile_serialization=False)
    torch.save({"epoch": 3, "model": state}, FILES / "clip_legacy_4.pt", pickle_protocol=4, _use_new_zipfile_serialization=False)
    torch.save(hugging_face(state), FILES / "clip_hugging_face.bin")
    torch.save({k: v.half() if v.is_floating_point() else v for k, v in state.items()}, FILES / "clip_half.pt")
    torch.save({k: v.bfloat16() if v.is_floating_point() else v for k, v in state.items()}, FILES / "clip_bfloat.pt")

    for shared, name in [(False, "checkpoint.pth"), (True, "checkpoint_shared_legacy.pth")]:
        model, optimizer = trained(clip, shared)
        checkpoint = {
            "epoch": 3,
            "state_dict": model.state_dict(prefix="" if shared else "module."),
            "best_acc": torch.tensor(61.5),
            "optimizer": optimizer.state_dict(),
            "recorder": Recorder(),
        }
        torch.save(checkpoint, FILES / name, _use_new_zipfile_serialization=not shared)

    values = torch.arange(24, dtype=torch.float64)
    torch.save(
        {
            "double": values,
            "transposed": values.view(4, 6).t(),
            "every_other": values[1::2],
            "permuted": values.view(2, 3, 4).permute(2, 0, 1),
            "empty": values[:0].view(0, 3),
            "one": values[7],
            "parameter": nn.Parameter(values.float()),
            "integers": torch.arange(3),
            "complex": torch.zeros(2, dtype=torch.complex64),
            "eight_bits": torch.zeros(2).to(torch.float8_e4m3fn),
            "sixteen_bits": torch.zeros(2, dtype=torch.uint16),
        },
        FILES / "views.pt",
    )


main()

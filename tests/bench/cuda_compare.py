#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Speed of the engine on a CUDA device beside PyTorch, interleaved.

Every round runs `mambascope-cli bench` and then an eager PyTorch forward pass of the same shape (final norm and
head left out of both), so that a busy machine slows both alike. The pass uses the CUDA scan of state-spaces/mamba
(module selective_scan_cuda) if that can be imported. If not, it says so and reports the pass without any scan,
which no eager pass with a scan can beat, and one with a scan out of tensor operations.

  cuda_compare.py --cli build/bin/mambascope-cli --model FOLDER [--dtype bf16] [--batch 8] [--length 512]
"""
import argparse
import json
import statistics
import subprocess

import torch
import torch.nn.functional as F

try:
    import selective_scan_cuda
except ImportError:
    selective_scan_cuda = None


class Layer:
    def __init__(self, hidden, inner, rank, states, dtype):
        def weight(rows, columns):
            return (torch.rand(rows, columns, device="cuda") * 2 - 1).mul_(columns**-0.5).to(dtype)

        self.rank, self.states = rank, states
        self.norm = torch.ones(hidden, device="cuda", dtype=dtype)
        self.in_proj, self.out_proj = weight(2 * inner, hidden), weight(hidden, inner)
        self.x_proj, self.dt_proj = weight(rank + 2 * states, inner), weight(inner, rank)
        self.conv = weight(inner, 4).unsqueeze(1)
        self.conv_bias = torch.zeros(inner, device="cuda", dtype=dtype)
        self.dt_bias = torch.full((inner,), -4.0, device="cuda")
        self.a = -torch.arange(1, states + 1, device="cuda").float().repeat(inner, 1)
        self.d = torch.ones(inner, device="cuda")

    def forward(self, residual, scan):
        x = F.rms_norm(residual, self.norm.shape, self.norm.float(), 1e-5).to(self.norm.dtype)
        u, z = F.linear(x, self.in_proj).transpose(1, 2).chunk(2, dim=1)  # [B, C, L]
        u = F.silu(F.conv1d(u, self.conv, self.conv_bias, padding=3, groups=u.shape[1])[..., : u.shape[-1]])
        dbc = F.linear(u.transpose(1, 2), self.x_proj)
        dt, b, c = dbc.split([self.rank, self.states, self.states], dim=-1)
        dt = F.linear(dt, self.dt_proj).transpose(1, 2)
        y = scan(self, u, dt, b.transpose(1, 2), c.transpose(1, 2), z)
        return residual + F.linear(y.transpose(1, 2), self.out_proj)


def cuda_scan(layer, u, dt, b, c, z):
    parts = [t.contiguous() for t in (u, dt)]
    b, c = b.unsqueeze(1).contiguous(), c.unsqueeze(1).contiguous()
    out = selective_scan_cuda.fwd(*parts, layer.a, b, c, layer.d, z.contiguous(), layer.dt_bias, True)
    return out[2]


def no_scan(layer, u, dt, b, c, z):
    return u


def tensor_scan(layer, u, dt, b, c, z):
    delta = F.softplus(dt.float() + layer.dt_bias[:, None])
    h = torch.zeros(*u.shape[:2], layer.states, device="cuda")
    ys = []
    for t in range(u.shape[-1]):
        step = delta[:, :, t, None]
        h = torch.exp(step * layer.a) * h + step * u[:, :, t, None].float() * b[:, None, :, t].float()
        ys.append((h * c[:, None, :, t].float()).sum(-1))
    y = torch.stack(ys, -1) + layer.d[:, None] * u.float()
    return (y * F.silu(z.float())).to(u.dtype)


def seconds(run):
    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    begin.record()
    run()
    end.record()
    end.synchronize()
    return begin.elapsed_time(end) / 1e3


def scan_alone(layer, batch, length, dtype):
    """Seconds of one layer's scan by selective_scan_cuda, operands in its own layout."""
    inner = layer.d.numel()
    u, dt, z = (torch.randn(batch, inner, length, device="cuda").to(dtype) for _ in range(3))
    b, c = (torch.randn(batch, layer.states, length, device="cuda").to(dtype) for _ in range(2))
    run = lambda: [cuda_scan(layer, u, dt, b, c, z) for _ in range(20)]
    run()
    return statistics.median(seconds(run) / 20 for _ in range(7))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cli", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--dtype", default="bf16", choices=["f32", "tf32", "bf16"])
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--length", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    spec = json.load(open(f"{arguments.model}/config.json"))
    dtype = torch.bfloat16 if arguments.dtype == "bf16" else torch.float32
    torch.backends.cuda.matmul.allow_tf32 = arguments.dtype == "tf32"
    torch.manual_seed(0)
    layers = [
        Layer(spec["hidden_size"], spec["intermediate_size"], int(spec["time_step_rank"]), spec["state_size"], dtype)
        for _ in range(spec["num_hidden_layers"])
    ]
    embedding = torch.randn(spec["vocab_size"], spec["hidden_size"], device="cuda") * 0.02
    ids = torch.randint(spec["vocab_size"], (arguments.batch, arguments.length), device="cuda")
    tokens = ids.numel()

    @torch.inference_mode()
    def eager(scan):
        residual = F.embedding(ids, embedding)
        for layer in layers:
            residual = layer.forward(residual, scan)
        return residual

    passes = {"eager_without_scan": no_scan}
    if selective_scan_cuda is not None:
        passes = {"eager_cuda_scan": cuda_scan, **passes}
    else:
        print("selective_scan_cuda cannot be imported: no comparison with the scan of state-spaces/mamba")
        layers_for_tensors = layers[:1]  # one layer says what it costs; all of them take seconds
    bench = [arguments.cli, "bench", arguments.model, "--device", "cuda", "--dtype", arguments.dtype, "--repeat", "7"]
    bench += ["--batch", str(arguments.batch), "--length", str(arguments.length)]
    speeds = {}
    for scan in passes.values():  # warm up
        eager(scan)
    for _ in range(arguments.rounds):
        ours = json.loads(subprocess.run(bench, check=True, capture_output=True, text=True).stdout)
        for name in ("forward", "forward_with_head", "score", "calibrate"):
            speeds.setdefault("ours_" + name, []).append(ours[name + "_tokens_per_second"])
        for name, scan in passes.items():
            eager(scan)  # the card was another process's
            once = [tokens / seconds(lambda: eager(scan)) for _ in range(7)]
            speeds.setdefault(name, []).append(statistics.median(once))
    if selective_scan_cuda is None:
        with torch.inference_mode():
            residual = F.embedding(ids, embedding)
            run = lambda: layers_for_tensors[0].forward(residual, tensor_scan)
            run()
            each = statistics.median(seconds(run) for _ in range(3))
        speeds["eager_tensor_scan"] = [tokens / (each * len(layers))]
    else:
        alone = scan_alone(layers[0], arguments.batch, arguments.length, dtype)
        print(f"selective_scan_cuda alone: {alone * 1e6:.0f} us a layer")
    for name, values in speeds.items():
        print(f"{name:24} {statistics.median(values):12.0f} tokens/s   ({min(values):.0f} to {max(values):.0f})")
    best = "eager_cuda_scan" if selective_scan_cuda is not None else "eager_without_scan"
    ratio = statistics.median(a / b for a, b in zip(speeds["ours_forward"], speeds[best]))
    print(f"ours_forward / {best}: {ratio:.2f}")


if __name__ == "__main__":
    main()

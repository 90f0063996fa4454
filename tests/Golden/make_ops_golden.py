#!/usr/bin/env python3
"""Reference numbers for the ops, from an implementation that shares nothing with ours: PyTorch in float64 with its own autograd.

Run with a Python that has torch and numpy; writes ops/<op>.json next to this script. Inputs are rounded to float32 first, so that both sides start
from the same numbers. Each file holds the seed and the versions it was made with.

    python3 make_ops_golden.py
"""
import json
import math
import platform
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

SEED = 20240607
torch.set_default_dtype(torch.float64)
rng = np.random.default_rng(SEED)
HERE = Path(__file__).parent / "ops"


def normal(*shape):
    return torch.tensor(rng.standard_normal(shape).astype(np.float32).astype(np.float64), requires_grad=True)


def positive(*shape):
    return torch.tensor((0.2 + 3 * rng.random(shape)).astype(np.float32).astype(np.float64), requires_grad=True)


def index(limit, *shape):
    return torch.tensor(rng.integers(0, limit, shape), dtype=torch.int64)


def int8(*shape):
    return torch.tensor(rng.integers(-127, 128, shape), dtype=torch.int8)


def row_scale(rows):
    return torch.tensor((0.002 + 0.018 * rng.random(rows)).astype(np.float32).astype(np.float64))


def fixed(values, *shape):
    return torch.tensor(np.array(values, dtype=np.float32).astype(np.float64).reshape(shape))


def philox(counter, key):
    """Philox 4x32-10 (Salmon et al. 2011)."""
    c, k = list(counter), list(key)
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ k[0], b & 0xFFFFFFFF, (a >> 32) ^ c[3] ^ k[1], a & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def dropout(x, p, seed):
    p = float(np.float32(p))
    keep = [philox([i // 4, 0, 0, 0], [seed, 0])[i % 4] >= int(p * 2**32) for i in range(x.numel())]
    return torch.where(torch.tensor(keep).reshape(x.shape), x / (1 - p), torch.zeros_like(x))


def attention(q, k, v, mask, causal, scale):
    """q [batch, query, head, d]; k, v [batch, key, kv_head, d]."""
    group = q.shape[2] // k.shape[2]
    k, v = (t.repeat_interleave(group, dim=2).permute(0, 2, 1, 3) for t in (k, v))
    scores = q.permute(0, 2, 1, 3) @ k.transpose(-1, -2) * float(np.float32(scale))
    if mask is not None:
        scores = scores + mask
    if causal:
        queries, keys = scores.shape[-2:]
        scores = scores.masked_fill(torch.ones(queries, keys, dtype=torch.bool).triu(1 + keys - queries), -math.inf)
    return (scores.softmax(-1) @ v).permute(0, 2, 1, 3)


CASES = {}


def case(op, f, *inputs, **constants):
    CASES.setdefault(op, []).append((f, inputs, constants))


EPS = float(np.float32(1e-5))
P = float(np.float32(1.7))
S = float(np.float32(0.1))
case("mat_mul", lambda a, b: a @ b, normal(3, 17), normal(17, 5))
case("mat_mul", lambda a, b: a @ b, normal(2, 3, 17), normal(17, 5))
case("mat_mul", lambda a, b, c: a @ b.mT + c, normal(2, 3, 17), normal(5, 17), normal(5), transposeB=True)
case("mat_mul", lambda a, b: a.mT @ b, normal(2, 17, 3), normal(1, 17, 5), transposeA=True)
case("attention", lambda q, k, v: attention(q, k, v, None, False, 0.5), normal(2, 3, 4, 4), normal(2, 5, 2, 4), normal(2, 5, 2, 4), causal=False, scale=0.5)
case("attention", lambda q, k, v: attention(q, k, v, None, True, 0.25), normal(1, 3, 2, 8), normal(1, 17, 2, 8), normal(1, 17, 2, 8), causal=True, scale=0.25)
case("attention", lambda q, k, v, m: attention(q, k, v, m, False, 0.5), normal(2, 3, 2, 4), normal(2, 3, 2, 4), normal(2, 3, 2, 4),
     fixed([0, 0, -1e9, 0, -2.5, 0], 2, 1, 1, 3), causal=False, scale=0.5)
case("softmax", lambda x: x.softmax(-1), normal(3, 17))
case("softmax", lambda x, m: (x + m).softmax(-1), normal(2, 3, 4, 5), normal(2, 1, 1, 5))
case("log_softmax", lambda x: x.log_softmax(-1), normal(3, 17))
case("layer_norm", lambda x, g, b: F.layer_norm(x, (17,), g, b, EPS), normal(2, 3, 17), normal(17), normal(17), epsilon=1e-5)
case("rms_norm", lambda x, g: x * torch.rsqrt((x * x).mean(-1, keepdim=True) + EPS) * g, normal(2, 3, 17), normal(17), epsilon=1e-5)
case("gelu", F.gelu, normal(3, 17))
case("gelu_tanh", lambda x: F.gelu(x, approximate="tanh"), normal(3, 17))
case("relu", F.relu, normal(3, 17))
case("silu", F.silu, normal(3, 17))
case("tanh", torch.tanh, normal(3, 17))
case("sigmoid", torch.sigmoid, normal(3, 17))
case("exp", torch.exp, normal(3, 17))
case("log", torch.log, positive(3, 17))
case("sqrt", torch.sqrt, positive(3, 17))
case("abs", torch.abs, normal(3, 17))
case("pow", lambda x: x**P, positive(3, 17), p=1.7)
case("pow", lambda x: x**3.0, normal(3, 17), p=3)
case("add", torch.add, normal(3, 17), normal(17))
case("sub", torch.sub, normal(3, 1), normal(1, 17))
case("mul", torch.mul, normal(2, 3, 5), normal(3, 1))
case("div", torch.div, normal(3, 17), positive(17))
case("scale", lambda x: -1.5 * x + 0.25, normal(3, 17), factor=-1.5, shift=0.25)
case("masked_fill", lambda x, m: x.masked_fill(m != 0, -3.0), normal(2, 3, 5), index(2, 3, 1), value=-3)
case("dropout", lambda x: dropout(x, 0.3, 11), normal(3, 17), p=0.3, seed=11)
case("sum", lambda x: x.sum((0, 2)), normal(3, 5, 7), axes=[0, 2])
case("mean", lambda x: x.mean((1,)), normal(3, 5, 7), axes=[1])
case("max", lambda x: x.amax((1,)), normal(3, 5, 7), axes=[1])
case("norm", lambda x: torch.linalg.vector_norm(x, dim=(0, 1)), normal(3, 5, 7), axes=[0, 1])
case("gather", lambda t, i: t[i], normal(7, 5), index(7, 2, 6))
case("pick", lambda x, i: x.gather(-1, i[..., None])[..., 0], normal(3, 5, 7), index(7, 3, 5))
case("cross_entropy", lambda x, t: F.cross_entropy(x, t), normal(5, 17), index(17, 5), ignore=-100, smoothing=0)
case("cross_entropy", lambda x, t: F.cross_entropy(x.flatten(0, 1), t.flatten(), ignore_index=1, label_smoothing=S), normal(3, 5, 4), index(4, 3, 5), ignore=1, smoothing=0.1)
case("kl_div", lambda p, q: F.kl_div(q, p, reduction="none", log_target=True).sum(-1), normal(3, 17), normal(3, 17))
case("reshape", lambda x: x.reshape(2, 3, 4, 5), normal(2, 3, 20), shape=[2, 3, 4, 5])
case("permute", lambda x: x.permute(0, 2, 1, 3), normal(2, 3, 4, 5), order=[0, 2, 1, 3])
case("slice", lambda x: x[:, 1:4], normal(3, 5), axis=1, start=1, length=3)
case("concat", lambda *t: torch.cat(t, 1), normal(2, 3, 5), normal(2, 1, 5), axis=1)
case("expand", lambda x: x.expand(2, 3, 5), normal(3, 1), shape=[2, 3, 5])
shared, rng = rng, np.random.default_rng(SEED + 8)  # numbers of their own: the older files keep theirs
case("int8_mat_mul", lambda x, q, s: x @ (q.double() * s[:, None]), normal(3, 17), int8(17, 5), row_scale(17))
case("int8_mat_mul", lambda x, q, s, b: x @ (q.double() * s[:, None]).mT + b, normal(2, 3, 17), int8(5, 17), row_scale(5), normal(5), transposeB=True)
case("int8_mat_mul", lambda x, q, s: x @ (q.double() * s[:, None]).mT, normal(19, 67), int8(33, 67), row_scale(33), transposeB=True)
case("int8_gather", lambda q, s, i: (q.double() * s[:, None])[i], int8(7, 5), row_scale(7), index(7, 2, 6))
rng = shared


def dump(t):
    kind = {torch.int64: "int32", torch.int8: "int8"}.get(t.dtype, "float32")
    return {"shape": list(t.shape), "type": kind, "values": t.detach().reshape(-1).tolist()}


def main():
    HERE.mkdir(exist_ok=True)
    versions = {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}
    for op, cases in CASES.items():
        out = []
        for f, inputs, constants in cases:
            y = f(*inputs)
            dy = torch.tensor(rng.standard_normal(tuple(y.shape)).astype(np.float32).astype(np.float64))
            wrt = [x for x in inputs if x.requires_grad]
            grads = iter(torch.autograd.grad(y, wrt, dy) if wrt else [])
            out.append({
                "constants": constants,
                "inputs": [dump(x) for x in inputs],
                "y": dump(y),
                "dy": dump(dy),
                "gradients": [dump(next(grads)) if x.requires_grad else None for x in inputs],
            })
        (HERE / f"{op}.json").write_text(json.dumps({"op": op, "seed": SEED, "made_with": versions, "cases": out}, separators=(",", ":")) + "\n")
        print(op, len(out))


if __name__ == "__main__":
    main()

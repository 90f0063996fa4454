#!/usr/bin/env python3
"""Reference numbers for methods that look inside, from an implementation that shares nothing with ours: the models written out in PyTorch, float64,
with its autograd; the methods written out in einsum, after their papers.

Reads the checkpoints in gpt2, bert_cls, marian and llama next to this script; writes internals/cases.json. Needs torch and numpy.

    python3 make_internals_golden.py
"""
import json
import math
import platform
import struct
from pathlib import Path

import numpy as np
import torch

torch.set_default_dtype(torch.float64)
HERE = Path(__file__).parent
H, D = 4, 32  # heads, d_model, in all of them
TEXT, SAID = [7, 21, 33, 48, 9], [5, 6, 8]


class Softened(torch.autograd.Function):
    """softmax forward; backward as if the input had been divided by 2."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.softmax(-1)

    @staticmethod
    def backward(ctx, dy):
        p = (ctx.saved_tensors[0] / 2).softmax(-1)
        return p * (dy - (dy * p).sum(-1, keepdim=True))


class Damped(torch.autograd.Function):
    """identity; the gradient is multiplied by a factor."""

    @staticmethod
    def forward(ctx, x, factor):
        ctx.factor = factor
        return x.clone()

    @staticmethod
    def backward(ctx, dy):
        return dy * ctx.factor, None


class Model:
    """Layers that remember what passed them; with gim=True backpropagation is changed as GIM wants it."""

    def __init__(self, name, gim=False):
        raw = (HERE / name / "model.safetensors").read_bytes()
        size = struct.unpack("<Q", raw[:8])[0]
        self.w = {}
        for key, entry in json.loads(raw[8:8 + size]).items():
            if key != "__metadata__":
                a, b = entry["data_offsets"]
                values = np.frombuffer(raw[8 + size + a:8 + size + b], dtype=np.float32).reshape(entry["shape"])
                self.w[key] = torch.tensor(values.astype(np.float64))
        self.gim, self.seen = gim, {}

    def keep(self, name, x):
        if x.requires_grad:
            x.retain_grad()
        self.seen[name] = x
        return x

    def damp(self, x, factor):
        return Damped.apply(x, factor) if self.gim else x

    def norm(self, x, name, eps):
        centred = x - x.mean(-1, keepdim=True)
        scale = ((centred ** 2).mean(-1, keepdim=True) + eps).sqrt()
        scale = scale.detach() if self.gim else scale
        self.seen[name + ".scale"] = scale
        return self.keep(name, centred / scale * self.w[name + ".weight"] + self.w[name + ".bias"])

    def attend(self, name, q, k, v, causal=False, kv=H):
        q, k, v = self.damp(q, 0.25), self.damp(k, 0.25), self.damp(v, 0.5)
        q, k, v = (x.reshape(len(x), -1, D // H).transpose(0, 1) for x in (q, k, v))  # [head, pos, d_head]
        if self.rotary:
            q, k = self.turn(q), self.turn(k)
        k, v = k.repeat_interleave(H // kv, 0), v.repeat_interleave(H // kv, 0)
        scores = q @ k.transpose(1, 2) / math.sqrt(D // H)
        if causal:
            scores = scores + torch.full(scores.shape[1:], -math.inf).triu(1)
        pattern = self.keep(name + ".pattern", Softened.apply(scores) if self.gim else scores.softmax(-1))
        self.seen[name + ".v"] = v  # [head, key, d_head]
        return (pattern @ v).transpose(0, 1).reshape(len(q[0]), D)

    rotary = False


class Gpt2(Model):
    def __call__(self, embeddings):
        w, t = self.w, "transformer."
        x = embeddings + w[t + "wpe.weight"][:len(embeddings)]
        for i in range(2):
            b = f"{t}h.{i}"
            self.seen[b + ".in"] = x
            h = self.norm(x, b + ".ln_1", 1e-5)
            q, k, v = (h @ w[b + ".attn.c_attn.weight"] + w[b + ".attn.c_attn.bias"]).split(D, -1)
            x = x + self.attend(b, q, k, v, causal=True) @ w[b + ".attn.c_proj.weight"] + w[b + ".attn.c_proj.bias"]
            self.seen[b + ".mid"] = x
            h = self.norm(x, b + ".ln_2", 1e-5) @ w[b + ".mlp.c_fc.weight"] + w[b + ".mlp.c_fc.bias"]
            h = 0.5 * h * (1 + torch.tanh(math.sqrt(2 / math.pi) * (h + 0.044715 * h ** 3)))
            self.seen[b + ".mlp"] = h @ w[b + ".mlp.c_proj.weight"] + w[b + ".mlp.c_proj.bias"]
            x = x + self.seen[b + ".mlp"]
        return self.norm(x, t + "ln_f", 1e-5) @ w[t + "wte.weight"].T

    def embed(self, ids):
        return self.w["transformer.wte.weight"][ids]


class Llama(Model):
    rotary = True

    def turn(self, x):
        angles = torch.outer(torch.arange(x.shape[1]), 10000.0 ** (-torch.arange(0, D // H, 2) / (D // H)))
        cos, sin = (torch.cat([f(angles)] * 2, -1) for f in (torch.cos, torch.sin))
        half = x.shape[-1] // 2
        return x * cos + torch.cat([-x[..., half:], x[..., :half]], -1) * sin

    def rms(self, x, name):
        scale = ((x ** 2).mean(-1, keepdim=True) + 1e-5).sqrt()
        return x / (scale.detach() if self.gim else scale) * self.w[name + ".weight"]

    def __call__(self, x):
        w = self.w
        for i in range(2):
            b = f"model.layers.{i}"
            h = self.rms(x, b + ".input_layernorm")
            q, k, v = (h @ w[f"{b}.self_attn.{p}_proj.weight"].T for p in "qkv")
            x = x + self.attend(b, q, k, v, causal=True, kv=2) @ w[b + ".self_attn.o_proj.weight"].T
            h = self.rms(x, b + ".post_attention_layernorm")
            gate, up = self.damp(h @ w[b + ".mlp.gate_proj.weight"].T, 0.5), self.damp(h @ w[b + ".mlp.up_proj.weight"].T, 0.5)
            x = x + (torch.nn.functional.silu(gate) * up) @ w[b + ".mlp.down_proj.weight"].T
        return self.rms(x, "model.norm") @ w["lm_head.weight"].T

    def embed(self, ids):
        return self.w["model.embed_tokens.weight"][ids]


class Bert(Model):
    def linear(self, x, name):
        return x @ self.w[name + ".weight"].T + self.w[name + ".bias"]

    def __call__(self, embeddings):
        w, e = self.w, "bert.embeddings."
        x = embeddings + w[e + "position_embeddings.weight"][:len(embeddings)] + w[e + "token_type_embeddings.weight"][0]
        x = self.norm(x, e + "LayerNorm", 1e-12)
        for i in range(2):
            b = f"bert.encoder.layer.{i}"
            self.seen[b + ".in"] = x
            z = self.attend(b, *(self.linear(x, f"{b}.attention.self.{p}") for p in ("query", "key", "value")))
            x = self.norm(x + self.linear(z, b + ".attention.output.dense"), b + ".attention.output.LayerNorm", 1e-12)
            a = self.linear(x, b + ".intermediate.dense")
            self.seen[b + ".pre"], self.seen[b + ".post"] = a, a * (1 + torch.erf(a / math.sqrt(2))) / 2
            x = self.norm(x + self.linear(self.seen[b + ".post"], b + ".output.dense"), b + ".output.LayerNorm", 1e-12)
        return self.linear(torch.tanh(self.linear(x[0], "bert.pooler.dense")), "classifier")

    def embed(self, ids):
        return self.w["bert.embeddings.word_embeddings.weight"][ids]


class Marian(Model):
    def linear(self, x, name):
        return x @ self.w[name + ".weight"].T + self.w[name + ".bias"]

    def block(self, x, b, encoded=None):
        def attention(x, source, name, causal):
            z = self.attend(f"{b}.{name}", *(self.linear(s, f"{b}.{name}.{p}_proj") for s, p in ((x, "q"), (source, "k"), (source, "v"))), causal=causal)
            return self.linear(z, f"{b}.{name}.out_proj")

        self.seen[b + ".in"] = x
        x = self.norm(x + attention(x, x, "self_attn", encoded is not None), b + ".self_attn_layer_norm", 1e-5)
        if encoded is not None:
            x = self.norm(x + attention(x, encoded, "encoder_attn", False), b + ".encoder_attn_layer_norm", 1e-5)
        return self.norm(x + self.linear(torch.nn.functional.silu(self.linear(x, b + ".fc1")), b + ".fc2"), b + ".final_layer_norm", 1e-5)

    def __call__(self, source, target):
        def positions(n):
            angles = torch.arange(n)[:, None] / 10000.0 ** (2 * torch.arange(D // 2) / D)
            return torch.cat([angles.sin(), angles.cos()], -1)

        encoded, x = source + positions(len(source)), target + positions(len(target))
        for i in range(2):
            encoded = self.block(encoded, f"model.encoder.layers.{i}")
        for i in range(2):
            x = self.block(x, f"model.decoder.layers.{i}", encoded)
        return x @ self.w["model.shared.weight"].T + self.w["final_logits_bias"]

    def embed(self, ids):
        return self.w["model.shared.weight"][ids] * math.sqrt(D)


def eye(n):
    return torch.eye(n)


def favourable(model, name):
    a = model.seen[name + ".pattern"]
    return (a.detach() * a.grad).clamp(min=0).mean(0)


def run(model, *ids):
    inputs = [model.embed(side).clone().requires_grad_() for side in ids]
    return inputs, model(*inputs)


# --- attention relevance: Chefer, Gur & Wolf 2021 ---------------------------------------------------------------------------------------

def relevance_self(model, names, n):
    r = eye(n)
    for name in names:
        r = r + favourable(model, name) @ r
    return r


def relevance_pair(model, n_source, n_target):
    def bar(r):
        grown = r - eye(len(r))
        sums = grown.sum(-1, keepdim=True)
        return torch.where(sums > 0, grown / sums, torch.zeros_like(grown)) + eye(len(r))

    r_ii = relevance_self(model, [f"model.encoder.layers.{i}.self_attn" for i in range(2)], n_source)
    r_qq, r_qi = eye(n_target), torch.zeros(n_target, n_source)
    for i in range(2):
        cam = favourable(model, f"model.decoder.layers.{i}.self_attn")
        r_qq, r_qi = r_qq + cam @ r_qq, r_qi + cam @ r_qi
        r_qi = r_qi + bar(r_qq).T @ favourable(model, f"model.decoder.layers.{i}.encoder_attn") @ bar(r_ii)
    return r_qi, r_qq


# --- what every token writes: Kobayashi et al. 2021; ALTI: Ferrando et al. 2022 ----------------------------------------------------------

def written(model, name, w_o, residual):
    """T[query, key, d_model] = Σ_head A · v · W_O (+ residual where query = key); w_o [head · d_head, d_model]."""
    t = torch.einsum("hqk,hkz,hzd->qkd", model.seen[name + ".pattern"], model.seen[name + ".v"], w_o.reshape(H, D // H, D))
    return t if residual is None else t + torch.einsum("qk,qd->qkd", eye(len(residual)), residual)


def linear_norm(model, t, name):
    scale = model.seen[name + ".scale"]  # [query, 1]
    return (t - t.mean(-1, keepdim=True)) / scale.reshape(-1, *[1] * (t.dim() - 1)) * model.w[name + ".weight"]


def closer(parts, y):
    """max(0, ‖y‖₁ − ‖y − part‖₁), normalised over parts."""
    c = (y.abs().sum(-1)[:, None] - (y[:, None] - parts).abs().sum(-1)).clamp(min=0)
    return c / c.sum(-1, keepdim=True)


def alti_gpt2(model):
    layers = []
    for i in range(2):
        b = f"transformer.h.{i}"
        layers.append(closer(written(model, b, model.w[b + ".attn.c_proj.weight"], model.seen[b + ".in"]), model.seen[b + ".mid"]))
    return layers


def alti_marian(model):
    def own(b):
        t = written(model, b + ".self_attn", model.w[b + ".self_attn.out_proj.weight"].T, model.seen[b + ".in"])
        return closer(linear_norm(model, t, b + ".self_attn_layer_norm"), model.seen[b + ".self_attn_layer_norm"])

    def cross(b):
        t = written(model, b + ".encoder_attn", model.w[b + ".encoder_attn.out_proj.weight"].T, None)
        t = torch.cat([t, model.seen[b + ".self_attn_layer_norm"][:, None]], 1)  # the residual comes last
        return closer(linear_norm(model, t, b + ".encoder_attn_layer_norm"), model.seen[b + ".encoder_attn_layer_norm"])

    encoder = own("model.encoder.layers.1") @ own("model.encoder.layers.0")
    target, source = None, None
    for i in range(2):
        b = f"model.decoder.layers.{i}"
        a, c = own(b), cross(b)
        below_target = eye(len(a)) if target is None else target
        below_source = torch.zeros(len(a), len(encoder)) if source is None else source
        kept = c[:, -1:]
        target, source = kept * (a @ below_target), kept * (a @ below_source) + c[:, :-1] @ encoder
    return source, target


def alti_bert(model):
    layers = []
    for i in range(2):
        b = f"bert.encoder.layer.{i}"
        t = written(model, b, model.w[b + ".attention.output.dense.weight"].T, model.seen[b + ".in"])
        layers.append(closer(linear_norm(model, t, b + ".attention.output.LayerNorm"), model.seen[b + ".attention.output.LayerNorm"]))
    return layers[1] @ layers[0]


# --- ALTI-Logit: Ferrando et al. 2023 ----------------------------------------------------------------------------------------------------

def alti_logit(model, word, read):
    """Contributions per component [1 + 2 · layers, pos], and what the biases add."""
    w, t = model.w, "transformer."
    direction = w[t + "wte.weight"][word] * w[t + "ln_f.weight"] / model.seen[t + "ln_f.scale"][read]
    direction = direction - direction.mean()
    n = len(model.seen[t + "h.0.in"])
    mixed, rows, biases = eye(n), [], w[t + "wte.weight"][word] @ w[t + "ln_f.bias"]
    rows.append(eye(n)[read] * (model.seen[t + "h.0.in"][read] @ direction))
    for i, layer in enumerate(alti_gpt2(model)):
        b = f"{t}h.{i}"
        delta = written(model, b, w[b + ".attn.c_proj.weight"], None)[read] @ direction
        rows.append(delta @ mixed)
        mixed = layer @ mixed
        rows.append(mixed[read] * (model.seen[b + ".mlp"][read] @ direction))
        biases = biases + w[b + ".attn.c_proj.bias"] @ direction
    return torch.stack(rows), biases


# --- GlobEnc: Modarressi et al. 2022; DecompX: Modarressi et al. 2023 ---------------------------------------------------------------------

def decompx(model):
    """Logits by token, [token, label]; vectors are held as [pos, token, d]."""
    w = model.w

    def shared(x, bias):
        weights = (x @ bias).abs()
        return x + (weights / (weights.sum(-1, keepdim=True) + 1e-12))[..., None] * bias

    x = None
    for i in range(2):
        b = f"bert.encoder.layer.{i}"
        a, w_o = model.seen[b + ".pattern"], w[b + ".attention.output.dense.weight"].T.reshape(H, D // H, D)
        b_o, b_v = w[b + ".attention.output.dense.bias"], w[b + ".attention.self.value.bias"]
        if x is None:
            x = shared(written(model, b, w_o.reshape(D, D), model.seen[b + ".in"]), b_o)
        else:
            v = (x @ w[b + ".attention.self.value.weight"].T).reshape(*x.shape[:2], H, D // H)
            x = shared(torch.einsum("hqk,kthz,hzd->qtd", a, v, w_o) + x, b_v @ w_o.reshape(D, D) + b_o)
        x = shared(linear_norm(model, x, b + ".attention.output.LayerNorm"), w[b + ".attention.output.LayerNorm.bias"])
        inner = shared(x @ w[b + ".intermediate.dense.weight"].T, w[b + ".intermediate.dense.bias"])
        inner = inner * (model.seen[b + ".post"] / model.seen[b + ".pre"])[:, None]
        x = x + shared(inner @ w[b + ".output.dense.weight"].T, w[b + ".output.dense.bias"])
        x = shared(linear_norm(model, x, b + ".output.LayerNorm"), w[b + ".output.LayerNorm.bias"])
    pooled = shared(x[0] @ w["bert.pooler.dense.weight"].T, w["bert.pooler.dense.bias"])
    whole = pooled.sum(0)
    return shared((pooled * (whole.tanh() / whole)) @ w["classifier.weight"].T, w["classifier.bias"])


# --- cases ------------------------------------------------------------------------------------------------------------------------------

cases = []


def tensor(x):
    x = torch.as_tensor(x).detach()
    return {"shape": list(x.shape), "data": [float(f"{v:.13g}") for v in x.reshape(-1).tolist()], "f32_maxdiff": 0.0}


def case(name, model, note, **expected):
    cases.append({"name": name, "source": "make_internals_golden.py", "note": note, "inputs": {"model": model},
                  "expected": {key: tensor(value) for key, value in expected.items()}})


def explained(kind, model_name, ids, reads):
    """For every target [pos] rows: relevance and gim, from one backward pass each."""
    relevance, gim = [], []
    for read, word in reads:
        model = kind(model_name)
        _, logits = run(model, ids)
        (logits[word] if read is None else logits[read, word]).backward()
        names = [f"bert.encoder.layer.{i}" if read is None else f"transformer.h.{i}" if kind is Gpt2 else f"model.layers.{i}" for i in range(2)]
        relevance.append(relevance_self(model, names, len(ids))[read or 0])
        model = kind(model_name, gim=True)
        (x,), logits = run(model, ids)
        (logits[word] if read is None else logits[read, word]).backward()
        gim.append((x.grad * x.detach()).sum(-1))
    return torch.stack(relevance), torch.stack(gim)


text, reads = TEXT + SAID[:-1], [(len(TEXT) - 1 + i, word) for i, word in enumerate(SAID)]

for kind, name in ((Gpt2, "gpt2"), (Llama, "llama")):
    relevance, gim = explained(kind, name, text, reads)
    case(f"internals/attention_relevance/{name}", name, "the row of the read position", source=relevance)
    case(f"internals/gim/{name}", name, "zero baseline, summed over d_model", source=gim)
relevance, gim = explained(Bert, "bert_cls", TEXT, [(None, 0), (None, 1)])
case("internals/attention_relevance/bert_cls", "bert_cls", "the row of [CLS]", source=relevance)
case("internals/gim/bert_cls", "bert_cls", "zero baseline, summed over d_model", source=gim)

model = Gpt2("gpt2")
with torch.no_grad():
    logits = run(model, text)[1]
    first, second = alti_gpt2(model)
    case("internals/alti/gpt2", "gpt2", "rows of the read positions", source=torch.stack([(second @ first)[read] for read, _ in reads]))
    parts = [alti_logit(model, word, read) for read, word in reads]
    for (rows, biases), (read, word) in zip(parts, reads):
        assert abs(rows.sum() + biases - logits[read, word]) < 1e-10
    case("internals/alti_logit/gpt2", "gpt2", "raw [target, pos, component]: embedding, attention and MLP of each layer",
         raw=torch.stack([rows.T for rows, _ in parts]), biases=torch.stack([biases for _, biases in parts]))

model = Bert("bert_cls")
with torch.no_grad():
    logits = run(model, TEXT)[1]
    case("internals/alti/bert_cls", "bert_cls", "the row of [CLS], for both labels", source=alti_bert(model)[0].expand(2, -1))
    by_token = decompx(model)
    assert (by_token.sum(0) - logits).abs().max() < 1e-10
    case("internals/decompx/bert_cls", "bert_cls", "logit parts, [label, token]", source=by_token.T)

said = [60] + SAID[:-1]  # the decoder's start token
source, target, gim_source, gim_target = [], [], [], []
for read, word in enumerate(SAID):
    model = Marian("marian")
    _, logits = run(model, TEXT, said)
    logits[..., read, word].sum().backward()
    r_qi, r_qq = relevance_pair(model, len(TEXT), len(said))
    source.append(r_qi[read])
    target.append(r_qq[read])
    model = Marian("marian", gim=True)
    (x, y), logits = run(model, TEXT, said)
    logits[..., read, word].sum().backward()
    gim_source.append((x.grad * x.detach()).sum(-1))
    gim_target.append((y.grad * y.detach()).sum(-1))
case("internals/attention_relevance/marian", "marian", "co-attention rules 6, 7 and 10", source=torch.stack(source), target=torch.stack(target))
case("internals/gim/marian", "marian", "zero baseline, summed over d_model", source=torch.stack(gim_source), target=torch.stack(gim_target))
with torch.no_grad():
    source, target = alti_marian(model)
    case("internals/alti/marian", "marian", "ALTI+", source=source, target=target)

(HERE / "internals").mkdir(exist_ok=True)
(HERE / "internals" / "cases.json").write_text(json.dumps({
    "model": "gpt2, bert_cls, marian, llama", "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
    "format": "as in the other folders; texts are 7 21 33 48 9, continued or translated as 5 6 8; scores are logits", "cases": cases}, indent=0, ensure_ascii=False))
print(len(cases), "cases")

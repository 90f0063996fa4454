#!/usr/bin/python3
"""One training step of a GPT-2 (batch 16 x 128, AdamW, clipping) with Vitrine and with PyTorch on the same weights, in turns.

    dotnet run -c Release --project bench -- random-gpt2 step DIR 1024
    /usr/bin/python3 bench/train_step_torch.py --model DIR [--coretype SkylakeX] [--report bench/results/train-step.md]

Losses and gradient norms of all steps must agree before a ratio is printed: exit code 1 if not. --peer is how this script calls itself.
"""
import argparse, datetime, json, os, platform, resource, struct, subprocess, sys, tempfile, time

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--model", required=True)
parser.add_argument("--steps", type=int, default=8)
parser.add_argument("--rounds", type=int, default=2)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--bench", default="artifacts/bin/bench/release/Vitrine.Bench")
parser.add_argument("--coretype", help="the kernels that torch's OpenBLAS shall take, such as SkylakeX")
parser.add_argument("--report", help="append a row to this Markdown table, or begin it")
parser.add_argument("--peer", help=argparse.SUPPRESS)
args = parser.parse_args()
BATCH, POSITIONS, WARM_UP = 16, 128, 2


def peer():
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(args.threads)
    with open(os.path.join(args.model, "model.safetensors"), "rb") as f:
        length, = struct.unpack("<Q", f.read(8))
        header = json.loads(f.read(length))
        data = f.read()
    w = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            w[name.removeprefix("transformer.")] = torch.frombuffer(bytearray(data[begin:end]), dtype=torch.float32).reshape(entry["shape"]).clone().requires_grad_()
    config = json.load(open(os.path.join(args.model, "config.json")))
    heads, layers, vocab = config["n_head"], config["n_layer"], config["vocab_size"]
    ids = torch.tensor([(i * 7919) % vocab for i in range(BATCH * (POSITIONS + 1))]).reshape(BATCH, POSITIONS + 1)
    causal = torch.full((POSITIONS, POSITIONS), float("-inf")).triu(1)

    def forward(x):
        d = w["wte.weight"].shape[1]
        h = w["wte.weight"][x] + w["wpe.weight"][:POSITIONS]
        split = lambda t: t.view(BATCH, POSITIONS, heads, d // heads).transpose(1, 2)
        norm = lambda t, name: F.layer_norm(t, (d,), w[name + ".weight"], w[name + ".bias"], 1e-5)
        linear = lambda t, name: torch.addmm(w[name + ".bias"], t.reshape(-1, t.shape[-1]), w[name + ".weight"]).view(BATCH, POSITIONS, -1)
        for i in range(layers):
            q, k, v = (split(t) for t in linear(norm(h, f"h.{i}.ln_1"), f"h.{i}.attn.c_attn").split(d, 2))
            pattern = (q @ k.transpose(-1, -2) * (d // heads) ** -0.5 + causal).softmax(-1)
            h = h + linear((pattern @ v).transpose(1, 2).reshape(BATCH, POSITIONS, d), f"h.{i}.attn.c_proj")
            up = linear(norm(h, f"h.{i}.ln_2"), f"h.{i}.mlp.c_fc")
            h = h + linear(F.gelu(up, approximate="tanh"), f"h.{i}.mlp.c_proj")
        return norm(h, "ln_f") @ w["wte.weight"].t()

    matrices, rest = [t for t in w.values() if t.dim() > 1], [t for t in w.values() if t.dim() == 1]
    optimizer = torch.optim.AdamW([{"params": matrices, "weight_decay": 0.01}, {"params": rest, "weight_decay": 0.0}], lr=1e-3)
    times, losses, norms = [], [], []
    for _ in range(args.steps):
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(forward(ids[:, :-1]).reshape(-1, vocab), ids[:, 1:].reshape(-1))
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(list(w.values()), 1.0)
        optimizer.step()
        times.append((time.perf_counter() - start) * 1000)
        losses.append(loss.item())
        norms.append(norm.item())
    times = sorted(times[WARM_UP:])
    json.dump({"losses": losses, "norms": norms}, open(args.peer, "w"))
    print(json.dumps({"step_ms": (times[(len(times) - 1) // 2] + times[len(times) // 2]) / 2, "fastest_ms": times[0], "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "torch": torch.__version__}))


if args.peer:
    peer()
    sys.exit()


def run(command, env):
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout.strip().splitlines()[-1])


env = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
theirs_env = dict(env, **({"OPENBLAS_CORETYPE": args.coretype} if args.coretype else {}), OMP_NUM_THREADS=str(args.threads))
ours_env = dict(env, VITRINE_THREADS=str(args.threads))
torch_runs, our_runs = [], []
with tempfile.TemporaryDirectory() as folder:
    a, b = os.path.join(folder, "torch.json"), os.path.join(folder, "vitrine.json")
    for _ in range(args.rounds):  # in turns, so that both meet the same neighbours
        torch_runs.append(run([sys.executable, __file__, "--model", args.model, "--steps", str(args.steps), "--threads", str(args.threads), "--peer", a], theirs_env))
        our_runs.append(run([args.bench, "train-step", args.model, str(args.steps), b], ours_env))
    theirs, ours = json.load(open(a)), json.load(open(b))
gap = max(abs(x - y) / abs(x) for key in theirs for x, y in zip(theirs[key], ours[key]))
if not (gap <= 2e-3 and len(theirs["losses"]) == len(ours["losses"])):
    sys.exit(f"values differ by {gap:.1e}: torch {theirs}, vitrine {ours}")
(t, v), (t_mid, v_mid) = ([min(r[key] for r in runs) for runs in (torch_runs, our_runs)] for key in ("fastest_ms", "step_ms"))
config = json.load(open(os.path.join(args.model, "config.json")))
row = f"| {config['n_layer']} blocks, d {config['n_embd']}, {config['vocab_size']:,} tokens | {t:,.0f} ({t_mid:,.0f}) | {v:,.0f} ({v_mid:,.0f}) | {t / v:.2f} | {BATCH * POSITIONS / v * 1000:,.0f} | {torch_runs[0]['peak_rss_mb']:,} | {our_runs[0]['peak_rss_mb']:,} | {gap:.1e} |"
print(row)
if args.report:
    text = open(args.report).read() if os.path.exists(args.report) else f"""# One training step: Vitrine next to PyTorch

{our_runs[0]['machine']}; {args.threads} threads; torch {torch_runs[0]['torch']}, OpenBLAS kernels {args.coretype or 'of its choice'}; {platform.system()}, {datetime.date.today()}.
GPT-2 from the same weights, batch {BATCH} × {POSITIONS}, float32: forward, backward, clipping to 1, AdamW. The fastest step after the first {WARM_UP}, of processes in turns; in brackets the lower of their medians. Ratio: of the fastest, which a busy machine disturbs least.
The last column is the largest relative difference between the losses and gradient norms of all steps. Made by `bench/train_step_torch.py`.

| model | torch, ms | vitrine, ms | torch / vitrine | vitrine, tokens/s | torch, peak MB | vitrine, peak MB | difference |
|---|---|---|---|---|---|---|---|
"""
    with open(args.report + ".new", "w") as f:
        f.write(text + row + "\n")
    os.replace(args.report + ".new", args.report)

#!/usr/bin/env python3
"""Copies recorded folders into this one, with the cases that a clone needs to see each family's numbers.

cut_golden.py SOURCE NAME...   e.g. cut_golden.py ../shared/golden distilbert_cls t5

Kept: one padded forward (logits, last hidden states, last attentions), losses, lengths of gradients, the gradient of a score with respect to
the embeddings, and generation. Values are written with 9 digits, which is below float32's own rounding.
"""
import json
import pathlib
import shutil
import sys

KEPT = ("forward/padded_batch", "forward/right_pad", "forward/decoder_mask", "loss", "train_grads", "generate/")
SLOPES = ("saliency",)


def is_kept(name):
    return name.startswith(KEPT) or (name.startswith("attr") and name.split("/", 1)[1] in SLOPES)


def last_only(expected):
    """Of what there is one of per layer, the last; of the gradients, their lengths."""
    groups = {}
    for key in expected:
        stem, _, index = key.rpartition("_")
        if index.isdigit() and stem:
            groups.setdefault(stem, []).append((int(index), key))
    last = {max(keys)[1] for keys in groups.values()}
    numbered = {key for keys in groups.values() for _, key in keys}
    dropped = ("abs_grad", "l2", "l1", "sum", "inseq_normalised_l2")
    return {k: v for k, v in expected.items() if (k not in numbered or k in last) and not k.startswith("grad:") and k not in dropped}


def short(value):
    if isinstance(value, dict):
        return {k: short(v) for k, v in value.items() if k not in ("absmax",)}
    if isinstance(value, list):
        return [short(v) for v in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value


def main(source, names):
    for name in names:
        here = pathlib.Path(__file__).parent / name
        here.mkdir(exist_ok=True)
        for file in ("config.json", "generation_config.json", "model.safetensors", "variant.json"):
            if (pathlib.Path(source) / name / file).exists():
                shutil.copy(pathlib.Path(source) / name / file, here / file)
        recorded = pathlib.Path(source) / name / "cases.json"
        if recorded.exists():
            whole = json.loads(recorded.read_text())
            cases = [dict(c, expected=last_only(c["expected"])) for c in whole["cases"] if is_kept(c["name"])]
            (here / "cases.json").write_text(json.dumps(short(dict(whole, cases=cases)), separators=(",", ":"), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])

#!/bin/sh
# Makes the tokenizer of models/zh-en: make-tokenizer.sh FOLDER PAIRS..., of files with English, a tab and Chinese; its files come to FOLDER.
# Needs uconv (Debian: icu-devtools), spm_train (Debian: sentencepiece) and Python 3.
set -e
folder=$1
mkdir -p "$folder"
texts=$(mktemp -d)
trap 'rm -r "$texts"' EXIT

# What is learned, without the pairs that are held out, and the rules by which Chinese is written one way: simplified, plain punctuation.
python3 - "$texts" "$@" <<'PYTHON'
import hashlib, subprocess, sys, unicodedata
texts, _, *files = sys.argv[1:]
pairs = [line.split('\t')[:2] for file in files for line in open(file, encoding='utf-8').read().split('\n') if line.strip()]
part = lambda english: int.from_bytes(hashlib.sha256(f'1\n{english}'.encode()).digest()[:4], 'big') / 2**32
learned = [pair for pair in pairs if part(pair[0]) >= 0.03925]
open(f'{texts}/zh.txt', 'w', encoding='utf-8').writelines(zh + '\n' for en, zh in learned)
open(f'{texts}/en.txt', 'w', encoding='utf-8').writelines(en + '\n' for en in dict.fromkeys(en for en, zh in learned))

han = [chr(c) for c in range(0x3400, 0xA000)]
simplified = subprocess.run(['uconv', '-x', 'Traditional-Simplified'], input='\n'.join(han).encode(), capture_output=True, check=True).stdout.decode().split('\n')
rules = [(a, b) for a, b in zip(han, simplified) if a != b and len(b) == 1]
wide = [chr(c) for c in range(0xFF01, 0xFFEF)] + ['\u3000', '\u00a0']
rules += [(a, unicodedata.normalize('NFKC', a)) for a in wide if unicodedata.normalize('NFKC', a) != a]
rules += [(a, ' ') for a in '\t\n\r\u200b'] + list(zip('“”‘’', '""\'\''))
points = lambda text: ' '.join('%X' % ord(c) for c in text)
open(f'{texts}/rules.tsv', 'w').writelines(f'{points(a)}\t{points(b)}\n' for a, b in rules)
PYTHON

# The models remember the paths they were made with: names without folders make them the same everywhere.
spm() {
  name=$1; shift
  (cd "$texts" && spm_train --model_prefix="$name" --model_type=unigram --bos_id=-1 --unk_id=0 --eos_id=1 --num_threads=1 "$@")
  mv "$texts/$name.model" "$folder/$name.spm"
}
spm source --input=zh.txt --vocab_size=3200 --character_coverage=0.999 --normalization_rule_tsv=rules.tsv --add_dummy_prefix=false
spm target --input=en.txt --vocab_size=2500 --character_coverage=1.0

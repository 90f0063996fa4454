#!/bin/sh
# Makes models/zh-en out of the model it was before: make.sh CMN FOLDER
#   CMN     cmn.txt of manythings.org/anki (Tatoeba, CC BY 2.0 FR)
#   FOLDER  where data and models go; FOLDER/first is the model before, trained on Tatoeba and names, FOLDER/model this one
# VITRINE names the command (vitrine). What make-tokenizer.sh needs, too.
set -e
here=$(cd "$(dirname "$0")" && pwd)
cmn=$1 folder=$2
vitrine=${VITRINE:-vitrine}
mkdir -p "$folder"
cd "$folder"
cut -f1,2 "$cmn" > pairs.tsv
$vitrine train vary --data pairs.tsv --swap --names "$here/places.tsv" --times 6 --held-out 0.03925 --out more.tsv
"$here/make-tokenizer.sh" tokenizer pairs.tsv more.tsv
$vitrine train translate --data pairs.tsv --data more.tsv --swap --tokenizer tokenizer --held-out 0.03925 --d-model 192 --layers 3 --heads 6 --d-mlp 512 \
  --positions 128 --init 0.04 --batch 64 --epochs 12 --learning-rate 1.5e-3 --warm-up 0.05 --beta2 0.98 --dropout 0.15 --label-smoothing 0.1 \
  --average 0.999 --threads 1 --out first

# Made-up pairs of templates and glossary, without the characters that the vocabulary lacks and without the sentence that the card shows as never learned.
$vitrine train data sentences --grammar "$here/sentences.txt" --count 50000 --seed 3 --out made.all
grep -v '[枕锤帚篷笛鸭蚂蚁鲨骆驼颈鹅鳄驴昆粥玉培柠檬芒柿蘑菇饺浆殿阪乒乓羽瑜伽涕紫漠瀑虹罩盔棉绸螺斧铲橡纫秤耙拙绷醋脊槽舍虾]' made.all \
  | grep -v '我喜欢机器学习和人工智[慧能]' > made.tsv
$vitrine train translate --data pairs.tsv --more more.tsv --more made.tsv:times=0.4 --swap --from first --held-out 0.03925 --batch 64 --epochs 3 \
  --learning-rate 6e-4 --warm-up 0.05 --beta2 0.98 --dropout 0.1 --label-smoothing 0.1 --average 0.998 --threads 1 --out model

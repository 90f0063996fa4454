#!/bin/sh
# Makes models/sentiment: make.sh REVIEWS POLARITY PAIRS FOLDER
#   REVIEWS   folder with the zips movie_reviews, opinion_lexicon, pros_cons, product_reviews_1 and _2, subjectivity (nltk_data, CC BY 4.0)
#   POLARITY  folder with rt-polarity.pos and rt-polarity.neg (nltk_data, CC BY 4.0)
#   PAIRS     cmn.txt of manythings.org/anki (Tatoeba, CC BY 2.0 FR): its English sentences
#   FOLDER    where texts and models go; the model is FOLDER/model
# VITRINE names the command (vitrine). Needs unzip, iconv, awk, sed, grep.
set -e
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
reviews=$1 polarity=$2 pairs=$3 folder=$4
vitrine=${VITRINE:-vitrine}
mkdir -p "$folder/texts" "$folder/unpacked"
for zip in "$reviews"/*.zip; do unzip -oq "$zip" -d "$folder/unpacked"; done
cd "$folder/unpacked"

trimmed() { tr -d '\r' | iconv -c -f UTF-8 -t UTF-8 | sed -E 's/^[[:space:]]+//; s/[[:space:]]+$//' | grep -v '^$'; }
into() { cat > "../texts/$1"; }
for side in pos neg; do
  trimmed < "$polarity/rt-polarity.$side" | into "polarity.$side"
  cat "movie_reviews/$side"/*.txt | trimmed | grep '[a-z].*[a-z].*[a-z]' | into "reviews.$side"
  for review in "movie_reviews/$side"/*.txt; do tail -n 3 "$review" | tr '\n' ' '; echo; done | trimmed | into "endings.$side"
done
for side in Pros Cons; do grep "<$side>" "pros_cons/Integrated$side.txt" | sed -E "s/<\/?$side>//g" | trimmed | into "$side"; done
grep -viE '^(none|nothing|n/?a|no cons|not? (much|many|a thing|problems?|complaints?)|can.?t think|i can.?t|haven.?t found)' ../texts/Cons | into cons.sure
cat product_reviews_*/*.txt | grep '##' | grep -v '^\*' | trimmed | into products
awk -F'##' '{ print $2 }' ../texts/products | trimmed | into products.text
awk -F'##' '{ plus = gsub(/\[\+[0-9]/, "&", $1); minus = gsub(/\[-[0-9]/, "&", $1); text = $2; gsub(/^[ \t]+|[ \t]+$/, "", text)
  if (text != "" && plus > 0 && minus == 0) print "positive\t" text; if (text != "" && minus > 0 && plus == 0) print "negative\t" text }' ../texts/products | into products.tsv
cat subjectivity/*.5000 | trimmed | into subjectivity
for side in positive negative; do grep '^[a-z+]' "opinion_lexicon/$side-words.txt" | trimmed | into "words.$side"; done
cut -f1 "$pairs" | awk '!seen[$0]++' | trimmed | into everyday
cd ../texts
cat polarity.* reviews.* Cons Pros products.text subjectivity everyday > all.txt

# Made-up opinions; none of the sentences by which the model is judged.
$vitrine train data sentences --grammar "$here/opinions.txt" --count 100000 --seed 7 --out made.all
cut -f2 "$here/everyday.tsv" > judged
awk -F'\t' 'NR == FNR { judged[tolower($0)] = 1; next } !(tolower($2) in judged)' judged made.all > made.tsv

# Masked words of all texts, a third of a schedule of three passes; then everything that is labelled; then the same with a teacher for the film reviews.
$vitrine train mlm --data all.txt --vocab 14000 --layers 4 --d-model 192 --heads 6 --d-mlp 512 --positions 128 --init 0.04 --batch 64 --epochs 3 --stop-at 2311 \
  --learning-rate 1e-3 --warm-up 0.05 --beta2 0.98 --weight-decay 0.05 --dropout 0 --held-out 0.1 --seed 2026 --threads 1 --save-every 500 --out ../body
$vitrine train classify --data positive=polarity.pos:times=1.5 --data negative=polarity.neg:times=1.5 --more made.tsv:times=0.25 \
  --more positive=Pros:times=0.5:sure=0.95 --more negative=cons.sure:times=0.5:sure=0.93 --more products.tsv:sure=0.9 \
  --more positive=reviews.pos:times=0.12:sure=0.65 --more negative=reviews.neg:times=0.12:sure=0.65 \
  --more positive=endings.pos:times=0.5:sure=0.85 --more negative=endings.neg:times=0.5:sure=0.85 \
  --more positive=words.positive:times=0.5:sure=0.93 --more negative=words.negative:times=0.5:sure=0.93 \
  --from ../body --calibrate 0.05 --batch 64 --epochs 3 --stop-at 2800 --learning-rate 5e-4 --warm-up 0.05 --schedule linear --weight-decay 0.05 --beta2 0.98 \
  --dropout 0.1 --held-out 0.1 --seed 2026 --evaluate-every 400 --save-every 400 --threads 1 --out ../first
$vitrine train classify --data positive=polarity.pos --data negative=polarity.neg --more made.tsv:times=0.2 \
  --more positive=Pros:times=0.25:sure=0.95 --more negative=cons.sure:times=0.25:sure=0.93 --more products.tsv:sure=0.9:times=0.5 \
  --more positive=reviews.pos:times=0.05:sure=0.65 --more negative=reviews.neg:times=0.05:sure=0.65 \
  --more positive=endings.pos:times=0.3:sure=0.85 --more negative=endings.neg:times=0.3:sure=0.85 \
  --more positive=words.positive:times=0.25:sure=0.93 --more negative=words.negative:times=0.25:sure=0.93 \
  --naive-bayes --from ../first --calibrate 0.05 --batch 64 --epochs 2 --learning-rate 3e-4 --warm-up 0.05 --schedule linear --weight-decay 0.05 --beta2 0.98 \
  --dropout 0.1 --held-out 0.1 --seed 2026 --evaluate-every 300 --save-every 300 --threads 1 --out ../model

#!/bin/sh
# Strengths chosen under each seed on validation rows, beside defaults that nobody tuned: on digits with
# 100 rows to learn from, and on breast_cancer with 100 rows of which a fifth have a wrong label.
#
#     sh examples/tuned.sh [FOLDER]
#
# Writes to FOLDER, or else beside this file: the tables, what more candidates bring, and the pages,
# tuned.html and tuned_noise.html. Half a minute on one core; the pictures need the extra 'plots'.
set -eu
folder=${1:-$(dirname "$0")}

compare() {
    name=$1
    shift
    regcmp compare "$@" --train-size 100 --seeds "${SEEDS:-10}" --epochs "${EPOCHS:-80}" \
        none l2 dropout tune:l2 tune:dropout tune:l2+dropout \
        --plot budget -o "$folder/$name.md" -o "$folder/$name.svg" -o "$folder/$name.html"
}

compare tuned --dataset digits
compare tuned_noise --dataset breast_cancer --label-noise 0.2

#!/bin/sh
# Handwritten digits, a network of convolutions, cross-entropy and Adam: single pixels, whole channels,
# squares, or the way of a random walk: a fifth is dropped, of squares at the end of training, to which
# they grow as published.
#
#     sh examples/convolution.sh [FOLDER]
#
# Writes the table and the learning curves to FOLDER, or else beside this file. A minute on one core;
# the picture needs the extra 'plots'.
set -eu
folder=${1:-$(dirname "$0")}
regcmp compare --dataset digits --arch cnn --train-size 300 \
    --seeds "${SEEDS:-10}" --epochs "${EPOCHS:-80}" \
    none dropout=0.2 spatialdropout=0.2 dropblock=0.2 dropwalk=0.2 \
    --plot curves -o "$folder/convolution.md" -o "$folder/convolution.svg"

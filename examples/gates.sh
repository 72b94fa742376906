#!/bin/sh
# A gate for any build server: fails (exit 3) where regularization no longer keeps its promise.
#
#     sh examples/gates.sh [FOLDER]
#
# --force, since a build's report takes the place of the last one's, whatever was changed in between.
# Leaves the report, the gates as JUnit XML and the command itself in FOLDER.
set -eu
folder=${1:-gates}
mkdir -p "$folder"
regcmp compare --dataset wine --seeds "${SEEDS:-10}" --epochs "${EPOCHS:-40}" none l2=1e-3 \
    --fail-if 'n_failed(*) > 0' \
    --fail-if 'test_mean(best) < 0.5' \
    --warn-if 'gap_mean(l2) > 0.05' \
    --force -o "$folder/report.json" -o "$folder/gates.xml" --save-config "$folder/plan.toml"

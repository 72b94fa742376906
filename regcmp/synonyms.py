"""What scikit-learn, Keras, PyTorch, XGBoost, hyperfine and papers call what has another name here.

A word that means something else has no entry: a wrong suggestion does harm, none does not. Words stand in
small letters and digits alone.
"""

from __future__ import annotations

from regcmp.metrics import METRICS


def _table(text: str) -> dict[str, str]:
    """From lines such as 'epochs: maxiter nepochs', the name here for each other word."""
    found: dict[str, str] = {}
    for line in text.strip().splitlines():
        name, words = line.strip().split(": ")
        found |= dict.fromkeys(words.split(), name)
    return found


OPTIONS = _table(
    """
    activation: act activationfunction nonlinearity
    arch: architecture network
    baseline: ref control
    batch-size: batch minibatch minibatchsize bs
    color: colour colors
    config: configfile settings
    dataset: data datafile file input inputfile train trainfile traindata trainingdata trainset
    debug: traceback
    decimal: decimalpoint decimalseparator
    drop-duplicates: dedup deduplicate dropdups unique
    drop: exclude dropcolumns dropcols ignore ignorecolumns skipcolumns excludecolumns
    dtype: precision
    encoding: charset
    epochs: maxiter nepochs numepochs maxepochs niter nepoch numepoch trainepochs numtrainepochs
    fail-if: failon failwhen gate gates
    folds: cv fold kfold kfolds nfolds nsplits crossval crossvalidation
    force: overwrite clobber f
    groups: group groupby groupcolumn
    hidden: hiddenlayersizes hiddensizes hiddenlayers hiddenunits hiddendim hiddensize layers units neurons
    init: initializer initialization kernelinitializer weightinit
    jobs: njobs workers nworkers numworkers threads nthreads numthreads processes nproc cores parallel j
    label-noise: noisylabels flippedlabels
    lr: learningrate learningrateinit eta eta0 rate
    metric: scoring score metrics evalmetric
    na: navalues nastrings missing missingvalues nullvalues navalue
    optimizer: solver optim opt
    order: orderby timecolumn datecolumn timeseries
    plot: figure chart
    quiet: silent
    sample: subsample samplesize
    save-config: saveplan writeconfig
    schedule: lrschedule lrscheduler learningrateschedule
    seed: randomstate randomseed rngseed
    seeds: nseeds numseeds runsper nruns numruns repeats nrepeats repeat repetitions replicates
    sep: delimiter separator delim fieldseparator d
    target: label labels y targetcolumn targetcol response labelcolumn labelcol classcolumn outcome ycolumn
    test: testfile testdata testset
    test-size: testsplit testfraction testratio testshare holdout
    text: textcolumns textcolumn
    train-size: trainsplit trainfraction trainratio
    weight: weights sampleweight sampleweights rowweight rowweights weightcolumn
    validation-size: valsplit validationsplit validationfraction valsize valfraction
    -o FILE.json: outputfile outfile out export exportjson json saveto report save
    -o FILE.csv: csv exportcsv
    -o FILE.md: markdown exportmarkdown md
    -o FILE.html: html exporthtml
    """
)
"""Options, also as keys of a file and arguments of Python."""

METHODS_AS_OPTIONS = _table(
    """
    dropout=0.5: dropout dropoutrate droprate dropoutp
    l1=0.0001: l1 l1penalty l1reg l1ratio lasso regalpha
    l2=0.01: l2 l2penalty l2reg ridge alpha weightdecay wd reglambda penalty regularization
    smooth=0.1: labelsmoothing smoothing
    earlystop: earlystopping earlystop patience earlystoppingrounds
    batchnorm: batchnorm batchnormalization
    layernorm: layernorm layernormalization
    maxnorm=3: maxnorm
    clip: clipnorm gradclip gradientclip gradientclipping clipgradnorm
    mixup: mixup
    noise: inputnoise gaussiannoise
    """
)
"""What is an option elsewhere, and a method here."""

COLUMNS = {
    "gap": ("gap_mean", "gap_new"),
    "meangap": ("gap_mean", "gap_new"),
    "gapstd": ("gap_sd",),
    "generalizationgap": ("gap_mean", "gap_new"),
    "test": ("test_mean", "test_new"),
    "testscore": ("test_mean", "test_new"),
    "score": ("test_mean", "test_new"),
    "teststd": ("test_sd",),
    "train": ("train_mean",),
    "trainscore": ("train_mean",),
    "trainstd": ("train_sd",),
    "delta": ("delta_test", "change_test"),
    "change": ("change_test", "delta_test"),
    "deltatest": ("delta_test", "change_test"),
    "deltagap": ("delta_gap", "change_gap"),
    "changetest": ("change_test", "delta_test"),
    "changegap": ("change_gap", "delta_gap"),
    "p": ("p_holm",),
    "pval": ("p_value",),
    "padj": ("p_holm",),
    "padjusted": ("p_holm",),
    "holm": ("p_holm",),
    "seeds": ("n", "n_new"),
    "runs": ("n", "n_new"),
    "failed": ("n_failed", "n_failed_new"),
    "nfailed": ("n_failed", "n_failed_new"),
    "diverged": ("n_failed", "n_failed_new"),
}
"""Columns that a gate may mean, the first of them that its table has."""

WORDS: dict[str, dict[str, str]] = {
    "activation": _table(
        """
        identity: linear none
        relu: rectifier rectified rectifiedlinear
        sigmoid: logistic
        """
    ),
    "command": _table(
        """
        compare: run train bench benchmark
        datasets: data
        info: version
        methods: regularizers
        report: show render
        """
    ),
    "dataset": {"cancer": "breast_cancer", "breast": "breast_cancer"},
    "dtype": _table(
        """
        float32: float single fp32 f32
        float64: double fp64 f64
        """
    ),
    "init": _table(
        """
        glorot: xavier xavieruniform glorotuniform
        he: kaiming kaimingnormal henormal
        lecun: lecunnormal
        normal: gaussian randomnormal
        """
    ),
    "metric": {word: name for name, each in METRICS.items() for word in each.aliases.split()},
    "optimizer": {
        "adamw": "adam' with the method 'decay",
        "nag": "nesterov",
        "sgdm": "momentum",
        "sgdmomentum": "momentum",
    },
    "plot": _table(
        """
        boundary: decisionboundary decision regions
        curves: learningcurves learningcurve history
        weights: histogram histograms
        """
    ),
    "regularizer": {
        "inputdropout": "dropout:input=0.2",
        "noregularization": "none",
        "noreg": "none",
    },
    "schedule": _table(
        """
        constant: none fixed
        cosine: cosineannealing cosineannealinglr cosinedecay
        step: steplr multistep multisteplr
        """
    ),
    "task": _table(
        """
        classification: classify classifier classes
        regression: regress regressor
        """
    ),
}
"""The same for the words that an option can take."""

OTHERS = frozenset(
    """
    predict fit tune grid gridsearch momentum
    device gpu cuda loss model
    mse mae mape f1 auc rocauc precision recall gelu elu celu silu swish prelu rrelu
    leakyrelu crelu adamw adamax nadam radam adagrad adadelta rmsprop lbfgs lion float16 bfloat16 half uniform
    orthogonal exponential swag asam gsam
    cutoff mixout weightnorm instancenorm rmsnorm dropedge dropnode maxout
    """.split()
)
"""What means something of its own, and is no slip of the pen however near it is."""

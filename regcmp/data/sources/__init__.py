"""Where bytes come from: files, datasets that come with scikit-learn, synthetic ones, OpenML."""

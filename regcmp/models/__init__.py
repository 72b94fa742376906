"""Networks to be used: scikit-learn estimators, and models that are saved, loaded and exported."""

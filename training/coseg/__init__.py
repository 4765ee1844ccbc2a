"""Co-segmentation of lesions from RECIST marks: data, networks, training, evaluation and export of the bundles that the gateway runs."""

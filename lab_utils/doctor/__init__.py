"""What ``lab doctor`` looks at: what the lab needs on this machine, and how to get what lacks.

The modules import as little as they can. The doctor has to answer where nothing is installed
yet, even under a bare Python: ``python3 -m lab_utils.cli doctor`` in the checkout.
"""

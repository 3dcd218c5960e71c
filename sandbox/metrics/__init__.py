"""Closed-form growth model of post metrics: the metrics at any moment can be computed."""

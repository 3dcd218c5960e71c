"""Executed with Helm's SDK: prints the objects of a chart, each of which is one of Kubernetes.

python render_chart.py CHART VALUES-AS-JSON
"""

import json
import sys

import helm_python
import kubernetes_validate
import yaml

_KUBERNETES = "1.33"

chart_path, values = sys.argv[1], json.loads(sys.argv[2])
found = helm_python.lint(chart_path)
assert not found["errors"], found
with helm_python.Chart.load(chart_path) as chart:
    files = chart.render(values, name="studio", namespace="production")
objects = [each for text in files.values() for each in yaml.safe_load_all(text) if each]
for each in objects:
    kubernetes_validate.validate(each, _KUBERNETES, strict=True)
sys.stdout.write(json.dumps(objects))

"""Renders a chart by Helm's engine, lints it, and holds what comes out to the schemas of Kubernetes."""

import json
import sys

import kubernetes_validate
import yaml
from helm_python.chart import Chart, lint

WARNING = 2

chart, values, version = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]
rendered = Chart.load(chart).render(values=values, name="demo", namespace="default")
objects = {}
for text in rendered.values():
    for found in yaml.safe_load_all(text):
        if found:
            objects[f"{found['kind']}/{found['metadata']['name']}"] = found

wrong = {}
for name, found in objects.items():
    try:
        kubernetes_validate.validate(found, version, strict=True)
        wrong[name] = ""
    except kubernetes_validate.SchemaNotFoundError:
        wrong[name] = None
    except kubernetes_validate.ValidationError as error:
        wrong[name] = f"{'.'.join(str(part) for part in error.path)}: {error.message}"

messages = lint(chart, values)["messages"]
said = [f"{found['path']}: {found['error']}" for found in messages if found["severity"] >= WARNING]
print(json.dumps({"lint": said, "wrong": wrong, "objects": objects}))

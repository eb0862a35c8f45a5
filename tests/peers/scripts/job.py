"""Judges a Kubernetes manifest by the schemas of several versions, and prints what its one container runs, in JSON."""
import json
import sys

import kubernetes_validate
import yaml

job = yaml.safe_load(open(sys.argv[1]))
for version in ["1.31", "1.34", "1.37"]:
    kubernetes_validate.validate(job, version, strict=True)
try:
    kubernetes_validate.validate({**job, "spec": {**job["spec"], "completion": 4}}, "1.37", strict=True)
    sys.exit("the schema lets a misspelt field pass")
except kubernetes_validate.ValidationError:
    pass
(container,) = job["spec"]["template"]["spec"]["containers"]
print(json.dumps({
    "completions": job["spec"]["completions"],
    "command": container["command"] + container["args"],
    "folder": container["workingDir"],
    "mounts": {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]},
    "env": {one["name"]: one.get("value") for one in container["env"]},
    "user": job["spec"]["template"]["spec"]["securityContext"]["runAsUser"],
}))

"""Holds the manifests against their schemas, and the arguments in them against the program. Usage: check.py BINARY"""

import pathlib
import re
import shlex
import subprocess
import sys

import kubernetes_validate
import yaml

HERE = pathlib.Path(__file__).parent
# An old one that is still looked after, and a new one.
KUBERNETES = ["1.32", "1.34"]


def documents(name):
    with open(HERE / name, encoding="utf-8") as file:
        return [document for document in yaml.safe_load_all(file) if document]


def kubernetes_faults(manifests):
    for manifest in manifests:
        for version in KUBERNETES:
            try:
                kubernetes_validate.validate(manifest, version, strict=True)
            except kubernetes_validate.ValidationError as fault:
                yield f"{manifest['kind']}, Kubernetes {version}: {list(fault.path)}: {fault.message}"


def selector_faults(manifests):
    """What is selected by labels has to be the pods of the deployment."""
    by_kind = {manifest["kind"]: manifest for manifest in manifests}
    labels = by_kind["Deployment"]["spec"]["template"]["metadata"]["labels"]
    selectors = {
        "Deployment": by_kind["Deployment"]["spec"]["selector"]["matchLabels"],
        "Service": by_kind["Service"]["spec"]["selector"],
        "PodDisruptionBudget": by_kind["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        "NetworkPolicy": by_kind["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
    }
    for kind, selector in selectors.items():
        if not selector.items() <= labels.items():
            yield f"{kind}: {selector} selects no pod with {labels}"


def commands():
    """The arguments that each file starts the program with."""
    unit = (HERE / "systemd/runnerconf.service").read_text(encoding="utf-8")
    (start,) = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    yield "unit", [word for word in shlex.split(start)[1:] if word != "$RUNNERCONF_ARGS"]
    (example,) = re.findall(r"^#   RUNNERCONF_ARGS=(.*)$", unit, re.MULTILINE)
    yield "example in the unit", ["serve", *shlex.split(example)]
    dockerfile = (HERE / "container/Dockerfile").read_text(encoding="utf-8")
    (words,) = re.findall(r"^CMD (\[.*\])$", dockerfile, re.MULTILINE)
    yield "Dockerfile", yaml.safe_load(words)
    (compose,) = documents("container/compose.yaml")
    yield "compose file", compose["services"]["runnerconf"]["command"]
    for manifest in documents("kubernetes/runnerconf.yaml"):
        if manifest["kind"] == "Deployment":
            (container,) = manifest["spec"]["template"]["spec"]["containers"]
            yield "Deployment", container["args"]


def command_faults(binary):
    for place, arguments in commands():
        # Unknown arguments before it are refused.
        result = subprocess.run([binary, *arguments, "--help"], capture_output=True, text=True, check=False)
        if result.returncode != 0:
            yield f"{place}: {result.stderr.strip()}"


def main(binary):
    manifests = documents("kubernetes/runnerconf.yaml")
    faults = [
        *kubernetes_faults(manifests),
        *selector_faults(manifests),
        *command_faults(binary),
    ]
    print(f"{len(manifests)} manifests, {len(list(commands()))} commands, {len(faults)} faults", *faults, sep="\n")
    return 1 if faults or not manifests else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

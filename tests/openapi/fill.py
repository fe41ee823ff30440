"""Makes objects on a served runnerconf and prints schemathesis' settings that name them. Usage: fill.py DOCUMENT URL KEY_FILE

The requests are the document's examples, so that a call with the id of one of these objects gets beyond "there is none".
"""

import json
import sys
import urllib.request

SERVICE = "gitpod.v1.RunnerConfigurationService"
# The RPC that makes an object, the field of its id in other requests, and the way to the id in the reply.
KINDS = {
    "EnvironmentClass": ("environmentClassId", ("id",)),
    "HostAuthenticationToken": ("id", ("token", "id")),
    "SCMIntegration": ("id", ("id",)),
    "LLMIntegration": ("id", ("id",)),
}


def main(document, url, key_file):
    with open(document, encoding="utf-8") as file:
        paths = json.load(file)["paths"]
    with open(key_file, encoding="utf-8") as file:
        key = file.read().strip()

    def create(kind):
        path = f"/{SERVICE}/Create{kind}"
        body = paths[path]["post"]["requestBody"]["content"]["application/json"]["example"]
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        request = urllib.request.Request(url + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)

    for kind, (field, way) in KINDS.items():
        made = create(kind)
        for step in way:
            made = made[step]
        for verb in "Get", "Update", "Delete":
            path = f"/{SERVICE}/{verb}{kind}"
            if path in paths:
                print(f'[[operations]]\ninclude-path = "{path}"\nparameters = {{ "body.{field}" = "{made}" }}\n')


if __name__ == "__main__":
    main(*sys.argv[1:])

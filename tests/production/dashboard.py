"""Whether Prometheus, as docs/production.md sets it up, has data for all queries of the dashboard."""

import json
import pathlib
import re
import shutil
import subprocess
import time
import urllib.parse
import urllib.request

from balancer import Caller

DASHBOARD = pathlib.Path(__file__).resolve().parents[2] / "packaging/grafana/runnerconf.json"
# How long two samples of everything may take.
PATIENCE = 30


def queries():
    """The queries with their panels, Grafana's variables filled in."""
    for panel in json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]:
        for target in panel.get("targets", []):
            text = target["expr"].replace("$__rate_interval", "30s")
            yield panel["title"], re.sub(r"\$(job|instance)", ".*", text)


def asked(address, query):
    """How many series Prometheus finds."""
    url = f"http://{address}/api/v1/query?" + urllib.parse.urlencode({"query": query})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as answer:
        return len(json.load(answer)["data"]["result"])


def check_dashboard(walk, folder, data, machines, database):
    program = shutil.which("prometheus")
    if not program:
        print("NOT CHECKED: the dashboard's queries: Prometheus is not installed")
        return
    from check import free_port

    first = machines[0]
    page = (first.root / "etc/prometheus/prometheus.yml").read_text(encoding="utf-8")
    data.mkdir()
    (data / "prometheus.yml").write_text(f"global: {{scrape_interval: 1s}}\n{page}", encoding="utf-8")
    address = f"127.0.0.1:{free_port()}"
    command = [
        program, f"--config.file={data}/prometheus.yml", f"--storage.tsdb.path={data}/data", f"--web.listen-address={address}",
    ]
    with open(data / "log", "wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            with Caller(folder, [first], "watch-2.key"):
                # Calls that are made meanwhile are failures, and errors of the store.
                database.restart()
                end = time.monotonic() + PATIENCE
                empty = list(queries())
                while empty and time.monotonic() < end:
                    time.sleep(0.5)
                    # Errors of callers; those of the store are below.
                    first.shell.run("call watch-2.key CreateSCMIntegration '{}'")
                    try:
                        empty = [(title, query) for title, query in empty if not asked(address, query)]
                    except OSError:
                        pass  # It is not up yet.
            walk.expect(f"these panels have data: {empty}", not empty)
            print(f"Prometheus has data for {len(list(queries())) - len(empty)} of {len(list(queries()))} queries of the dashboard")
        finally:
            process.terminate()

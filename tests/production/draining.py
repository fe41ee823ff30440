"""A server that was asked to stop and still drains, as probes and gRPC tools see it."""

import json
import os
import signal
import subprocess
import time

from balancer import NAME, Caller, status

SERVICE = "gitpod.v1.RunnerConfigurationService"
# Long enough to look at it; the second signal ends it.
DELAY = 600


def grpcurl(folder, machine, *words, options=()):
    command = ["grpcurl", "-cacert", "ca.crt", "-authority", NAME, *options, f"127.0.0.1:{machine.port}", *words]
    return subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)


def health(folder, machine, service):
    """What gRPC's health check says of a service."""
    options = ["-d", json.dumps({"service": service})]
    answer = grpcurl(folder, machine, "grpc.health.v1.Health/Check", options=options)
    return json.loads(answer.stdout)["status"] if answer.returncode == 0 else answer.stderr


def looks(folder, machine):
    """All that can be asked, in one go."""
    metrics = f"http://127.0.0.1:{machine.metrics}"
    return {
        "/healthz": status(f"{metrics}/healthz"),
        "/readyz": status(f"{metrics}/readyz"),
        "health of all": health(folder, machine, ""),
        "health of the service": health(folder, machine, SERVICE),
        "list": SERVICE in grpcurl(folder, machine, "list").stdout.split(),
        "describe": "rpc GetSCMIntegration" in grpcurl(folder, machine, "describe", SERVICE).stdout,
        "a call": Caller(folder, [machine], "watch-2.key").call_once(machine),
    }


def check_draining(walk, folder, machine):
    drop_in = machine.root / "etc/systemd/system/runnerconf.service.d/drain.conf"
    drop_in.write_text(f"[Service]\nEnvironment=RUNNERCONF_LISTEN_DRAIN_DELAY={DELAY}\n", encoding="utf-8")
    walk.run(machine, "systemctl restart runnerconf", [])
    walk.run(machine, "curl --silent --fail --retry 30 --retry-delay 1 --retry-connrefused http://127.0.0.1:9464/readyz", ["ready"])
    serving = {
        "/healthz": 200, "/readyz": 200, "health of all": "SERVING", "health of the service": "SERVING",
        "list": True, "describe": True, "a call": None,
    }
    found = looks(folder, machine)
    walk.expect(f"a server that serves: {found}", found == serving)
    process = int((machine.root / "run/pid").read_text(encoding="utf-8"))
    os.kill(process, signal.SIGTERM)
    draining = serving | {"/readyz": 503, "health of all": "NOT_SERVING", "health of the service": "NOT_SERVING"}
    end = time.monotonic() + 30
    # The signal arrives when it does, and health is told a moment later.
    while (found := looks(folder, machine)) != draining and time.monotonic() < end:
        pass
    walk.expect(f"a server that drains: {found}", found == draining)
    drop_in.unlink()
    os.kill(process, signal.SIGTERM)

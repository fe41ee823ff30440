"""Somebody who calls through a load balancer that looks at /readyz."""

import http.client
import ssl
import threading
import urllib.error
import urllib.request

PATH = "/gitpod.v1.RunnerConfigurationService/ListEnvironmentClasses"
NAME = "runnerconf.example.com"


class Connection(http.client.HTTPSConnection):
    """To a port of this machine, as if it were that name."""

    def connect(self):
        host, self.host = self.host, "127.0.0.1"
        http.client.HTTPConnection.connect(self)
        self.host = host
        self.sock = self._context.wrap_socket(self.sock, server_hostname=NAME)


def status(url):
    """What a probe is answered with; 0 where nobody answers."""
    try:
        return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5).status
    except urllib.error.HTTPError as answer:
        return answer.code
    except OSError:
        return 0


class Caller:
    """Calls without a break, each over a new connection to a server that was ready when last looked at."""

    def __init__(self, folder, machines, key="watch.key"):
        self.context = ssl.create_default_context(cafile=folder / "ca.crt")
        self.key = (folder / key).read_text(encoding="utf-8").strip()
        self.machines = list(machines)
        self.ready = list(machines)
        self.count = 0
        self.failures = []
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=work) for work in (self.look, self.call)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def look(self):
        while not self.ended.wait(0.5):
            self.ready = [m for m in self.machines if status(f"http://127.0.0.1:{m.metrics}/readyz") == 200]

    def call(self):
        while not self.ended.wait(0.02):
            ready = self.ready
            if not ready:
                self.failures.append("no server is ready")
                continue
            self.count += 1
            problem = self.call_once(ready[self.count % len(ready)])
            if problem:
                self.failures.append(problem)

    def call_once(self, machine):
        """What went wrong with a call, if anything."""
        connection = Connection(NAME, machine.port, context=self.context, timeout=10)
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        try:
            connection.request("POST", PATH, "{}", headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            return None if answer.status == 200 else f"{answer.status}: {text}"
        except (OSError, http.client.HTTPException) as fault:
            return repr(fault)
        finally:
            connection.close()

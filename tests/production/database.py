"""A PostgreSQL server as docs/production.md expects one: reached over TLS alone, and with passwords."""

import os
import pathlib
import secrets
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "interop"))

from postgres import installed  # noqa: E402

HOST = "db.example.com"


class Database:
    """The server, in a folder that others can enter; `authority` is the certificate that its own is issued by."""

    def __init__(self, folder, port):
        self.folder = folder
        self.port = port
        self.programs = installed()
        self.password = secrets.token_hex(16)
        self.authority = folder / "ca.crt"

    def __enter__(self):
        self.folder.mkdir(mode=0o755)
        (self.folder / "password").write_text(self.password, encoding="utf-8")
        self.issue()
        for path in [self.folder, *self.folder.iterdir()]:
            if os.geteuid() == 0:
                shutil.chown(path, "postgres")
        data = self.folder / "data"
        self.run(
            "initdb", "--no-sync", "--auth=scram-sha-256", f"--pwfile={self.folder}/password", "--username=postgres",
            "--encoding=UTF8", "--locale=C", "-D", data,
        )
        (data / "pg_hba.conf").write_text("hostssl all all all scram-sha-256\n", encoding="utf-8")
        self.options = (
            f"-k {self.folder} -c listen_addresses=127.0.0.1 -c port={self.port} -c fsync=off -c ssl=on "
            f"-c ssl_cert_file={self.folder}/server.crt -c ssl_key_file={self.folder}/server.key"
        )
        self.start()
        return self

    def start(self):
        # It asks by the socket whether the server is up, and being refused is an answer.
        self.run("pg_ctl", "-w", "-D", self.folder / "data", "-l", self.folder / "log", "-o", self.options, "start")

    def restart(self):
        """As after a crash."""
        self.__exit__()
        self.start()

    def __exit__(self, *_):
        self.run("pg_ctl", "-w", "-D", self.folder / "data", "-m", "immediate", "stop")

    def issue(self):
        """An authority, and the server's certificate by it."""
        new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
        issued = ["-CA", "ca.crt", "-CAkey", "ca.key", "-addext", f"subjectAltName=DNS:{HOST}"]
        for name, options in [("ca", []), ("server", [*issued, "-addext", "basicConstraints=critical,CA:FALSE"])]:
            files = ["-subj", f"/CN=test {name}", "-keyout", f"{name}.key", "-out", f"{name}.crt"]
            subprocess.run([*new, *files, *options], cwd=self.folder, check=True, capture_output=True)
            (self.folder / f"{name}.key").chmod(0o600)

    def sql(self, query):
        """What a query gives, as the administrator."""
        environment = os.environ | {
            "PGPASSWORD": self.password, "PGSSLMODE": "verify-full", "PGSSLROOTCERT": str(self.authority),
        }
        url = f"postgres://postgres@{HOST}:{self.port}/postgres?hostaddr=127.0.0.1"
        command = [self.programs / "psql", "--no-align", "--tuples-only", "--command", query, url]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.strip()

    def run(self, program, *arguments):
        command = [str(self.programs / program), *map(str, arguments)]
        if os.geteuid() == 0:  # which the server refuses to run as
            command = ["runuser", "-u", "postgres", "--", *command]
        # What pg_ctl starts keeps its output: a pipe would never end.
        subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)

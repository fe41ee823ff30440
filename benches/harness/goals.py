"""What is to be reached, and whether it is."""

from .contest import compare
from .load import Request
from .report import table
from .statistics import Goal, Spread, ratio

CONNECT_GET = [("h1", "json"), ("h1", "binary"), ("h2c", "json"), ("h2c", "binary")]


class Goals:
    """Lines of a table: goal, what was measured, verdict."""

    def __init__(self):
        self.rows = []

    def add(self, title, goal: Goal, spread, note=""):
        verdict = "met" if goal.is_met_by(spread.median) else "**missed**"
        self.rows.append([title, goal, spread, note, verdict])

    def of_servers(self, results):
        for transport, codec in CONNECT_GET:
            request = Request("get", transport, codec)
            self._server(results, request, "ours", "connect-rust", 1.3)
            self._server(results, request, "ours", "hyper", 0.75)
        self._server(results, Request("get", "h2c", "grpc"), "ours", "tonic", 1.1)
        for name, least in [("list-100", 3.5), ("list-100-of-runner", 2)]:
            for transport, codec in [*CONNECT_GET, ("h2c", "grpc")]:
                self._server(results, Request(name, transport, codec), "runnerconf", "connect-rust", least)

    def _server(self, results, request, ours, theirs, least):
        measured = results.get(request)
        if measured and theirs in measured:
            rates, cpu = compare(measured, ours, theirs)
            self.add(f"{request.title}: {ours} ÷ {theirs}", Goal(at_least=least), rates, f"CPU {cpu}")

    def of_added_read(self, results, sqlite):
        """What SQLite adds to a Get: the look-up of the class, and that of the key."""
        request = Request("get", "h1", "binary")
        if request in results:
            measured = results[request]
            pairs = zip(measured["runnerconf"].cpu, measured["ours"].cpu, strict=True)
            added = [stored - prepared for stored, prepared in pairs]
            [raw] = [found["raw-get"] for pair, found in sqlite.items() if pair.ours == "ours-get"]
            raw = raw.cpu_microseconds.median / 1e6
            title = "Get of 1 M on SQLite: CPU added to the stack alone (look-ups of class and key) ÷ a raw read"
            self.add(title, Goal(at_most=1.3), Spread.of(cpu / raw for cpu in added))

    def of_pairs(self, results, goals):
        """`goals` maps what ours is called to a goal, and whether it is about the time instead of the rate."""
        for pair, measured in results.items():
            if pair.ours in goals:
                goal = goals[pair.ours]
                rates, cpu = compare(measured, pair.ours, pair.theirs)
                if goal.at_most is not None:
                    rates = ratio(measured[pair.theirs].rates, measured[pair.ours].rates)
                self.add(f"{pair.title}{', time' if goal.at_most is not None else ''}", goal, rates, f"CPU {cpu}")

    def of_open_loop(self, rate, loop, group):
        title = f"SQLite, Create, open loop at {rate:,.0f}/s: p99 ÷ one group commit"
        note = f"p99 {Spread.of(loop)} ms, group {Spread.of(group)} ms"
        self.add(title, Goal(at_most=3), ratio(loop, group), note)

    def of_start(self, times, memory):
        self.add("Idle memory with 1 M objects, MiB", Goal(at_most=15), memory)
        self.add("Start to first answer with 1 M objects, ms", Goal(at_most=100), times)

    def of_instructions(self, baseline):
        figures = baseline["instructions"]
        ours, tonic = figures["grpc-get"], figures["tonic-alone-grpc-get"]
        spread = Spread.of([ours / tonic])
        title = "gRPC Get: instructions ÷ tonic's, in process, without its transport"
        self.add(title, Goal(at_most=1), spread, f"{ours:,} and {tonic:,}")

    def report(self):
        return table(["", "goal", "measured", "", ""], self.rows)


OF_CODECS = {
    "ours-encode-get": Goal(at_most=0.8),
    "ours-encode-list": Goal(at_most=0.8),
    "ours-decode-get": Goal(at_most=1.05),
    "ours-decode-list": Goal(at_most=1.05),
    "ours-decode-create": Goal(at_most=1.05),
}
OF_SQLITE = {"ours-create-1": Goal(at_least=0.8), "ours-create-64": Goal(at_least=0.5)}
OF_POSTGRES = {"ours-get": Goal(at_least=0.8), "ours-create": Goal(at_least=0.8)}
OF_CLIENT = {"ours": Goal(at_most=1.1)}

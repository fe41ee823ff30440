"""What pages of the documentation show: their blocks, the commands in them, and a shell to run those in."""

import re
import subprocess

END = "--- end of output ---"


def blocks(text, language):
    """The contents of a page's ```language blocks."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(block):
    """The commands of a console block with the output that is shown for each."""
    pairs = []
    for line in block.splitlines():
        if line.startswith("$ "):
            pairs.append([line[2:], []])
        elif is_incomplete(pairs[-1][0]):
            pairs[-1][0] += "\n" + line
        else:
            pairs[-1][1].append(line)
    return pairs


def is_incomplete(command):
    return command.endswith("\\") or subprocess.run(["bash", "-nc", command], capture_output=True).returncode != 0


def settled(line, patterns):
    """The line without what differs from run to run."""
    for pattern, replacement in patterns:
        line = pattern.sub(replacement, line)
    return line


class Shell:
    """One bash for all commands of a page; `status` is how the last one ended."""

    def __init__(self, folder, environment):
        self.status = 0
        self.process = subprocess.Popen(
            ["bash"], cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        )

    def run(self, command):
        """What the command writes, to both outputs, as lines."""
        self.process.stdin.write(f"{command}\nprintf '\\n%s%s\\n' '{END}' $?\n")
        self.process.stdin.flush()
        lines = []
        while not (line := self.process.stdout.readline()).startswith(END):
            if not line:
                raise RuntimeError("the shell has ended")
            lines.append(line.rstrip("\n"))
        self.status = int(line.removeprefix(END))
        while lines and not lines[-1]:
            lines.pop()
        return lines

"""Programs that want input, where there is none or, in mode stdio, one line."""

from tests.execution.corpus.model import GOOD, Program, good, whole

INPUTS = {
    "asks_for_input": good("name = input()\n", "error"),
    "asks_inside": whole("def add(a, b):\n    return a + int(input())\n", "error", call="failed"),
    "asks_in_a_main_block": Program(
        GOOD + "if __name__ == '__main__':\n    input()\n", "passed", stdio="error"
    ),
    "reads_empty_input": good("import sys\nassert sys.stdin.read() == ''\n", stdio="error"),
    "breakpoint_left_in": good("breakpoint()\n", "error"),
    "closes_stdin": good("import os\nos.close(0)\n", stdio="error"),
    "reads_a_line_at_a_time": good(
        """
        import sys
        assert not list(sys.stdin)
        """,
        stdio="error",
    ),
    "reads_the_descriptor": good("import os\nassert os.read(0, 100) == b''\n", stdio="error"),
    "asks_for_a_password": good("import getpass\ngetpass.getpass()\n", "error"),
}

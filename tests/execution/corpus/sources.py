"""Source texts that are hard to read, or none."""

from tests.execution.corpus.model import BAD, GOOD, Program, good, joined

READABLE = {
    "byte_order_mark": Program("\ufeff" + GOOD, "passed"),
    "latin_1_cookie": Program(
        "# -*- coding: latin-1 -*-\nassert len('\u00e9') == 1\n" + GOOD, "passed"
    ),
    "cookie_of_no_codec": Program("# coding: no-such-codec\n" + GOOD, "passed"),
    "bidi_control_in_a_comment": Program("# \u202e sum \u2066\n" + GOOD, "passed"),
    "carriage_returns_and_newlines": Program(GOOD.replace("\n", "\r\n"), "passed"),
    "carriage_returns_alone": Program(GOOD.replace("\n", "\r"), "passed"),
    "form_feeds": Program("\x0c\n" + GOOD.replace("def", "\x0cdef") + "\x0c\n", "passed"),
    "full_width_name": Program(GOOD.replace("add", "\uff41\uff44\uff44"), "passed"),
    "lists_190_deep": Program("x = " + "[" * 190 + "]" * 190 + "\n" + GOOD, "passed"),
    "ten_megabytes_in_one_line": Program("x = '" + "a" * 10**7 + "'\n" + GOOD, "passed"),
    "thirty_thousand_lines": Program("x = 1\n" * 30_000 + BAD, "failed"),
    "nothing": Program("", "error"),
    "only_comments": Program("# def add(a, b): return a + b\n", "error"),
}

UNREADABLE = {
    "unfinished_head": Program("def add(a, b)\n", "syntax_error"),
    "nul_byte": Program(GOOD + "\0", "syntax_error"),
    "nul_byte_in_a_comment": Program("# \0\n" + GOOD, "syntax_error"),
    "lone_surrogate_in_the_source": Program("x = '\ud800'\n" + GOOD, "syntax_error"),
    "two_byte_order_marks": Program("\ufeff\ufeff" + GOOD, "syntax_error"),
    "bidi_control_in_the_code": Program(GOOD + "x = \u202e1\n", "syntax_error"),
    "zero_width_space": Program(GOOD + "x =\u200b 1\n", "syntax_error"),
    "no_break_space": Program(GOOD + "x =\u00a01\n", "syntax_error"),
    "curly_quotes": Program(GOOD + "x = \u201ca\u201d\n", "syntax_error"),
    "vertical_tab": Program("\x0b" + GOOD, "syntax_error"),
    "tabs_among_spaces": Program(
        "def add(a, b):\n    if a:\n\treturn a + b\n    return b\n", "syntax_error"
    ),
    "prose": Program("Sure! Here is the function you asked for.", "syntax_error"),
    "markdown_fence": Program("```python\n" + GOOD + "```\n", "syntax_error"),
    "prompts_of_a_shell": Program(">>> " + GOOD.replace("\n ", "\n... "), "syntax_error"),
    "python_2": Program("print 'sum'\n" + GOOD, "syntax_error"),
    "unfinished_text": Program('"""\n' + GOOD, "syntax_error"),
    "return_outside": Program(GOOD + "return add\n", "syntax_error"),
    "await_outside": Program(GOOD + "await add\n", "syntax_error"),
    "future_that_is_none": Program("from __future__ import braces\n" + GOOD, "syntax_error"),
    "same_parameter_twice": Program("def add(a, a):\n    return a + a\n", "syntax_error"),
    "number_of_five_thousand_digits": Program("x = " + "9" * 5000 + "\n" + GOOD, "syntax_error"),
    "nested_parentheses": Program("x = " + "(" * 5000 + ")" * 5000 + "\n" + GOOD, "syntax_error"),
    "indented_two_hundred_levels": Program(
        "".join(f"{' ' * n}if 1:\n" for n in range(200)) + " " * 200 + "x = 1\n" + GOOD,
        "syntax_error",
    ),
    "thirty_nested_loops": Program(
        "".join(f"{' ' * n}for i in ():\n" for n in range(30)) + " " * 30 + "pass\n" + GOOD,
        "syntax_error",
    ),
    # Python 3.11 raises a bare MemoryError where its parser's stack is full.
    "two_hundred_thousand_minus_signs": Program(
        "x = " + "-" * 200_000 + "1\n" + GOOD, "syntax_error out_of_memory"
    ),
    "two_hundred_thousand_additions": Program(
        "x = " + "1+" * 200_000 + "1\n" + GOOD, "syntax_error"
    ),
}

LONG = {
    "three_hundred_thousand_lines": Program(
        "x = 1\n" * 300_000 + BAD, "failed timeout out_of_memory"
    ),
    "ten_megabytes_of_lines": Program("x = 1\n" * 1_700_000 + BAD, "timeout out_of_memory"),
    "list_of_three_million_numbers": Program(
        "x = [" + "1," * 3_000_000 + "]\n" + BAD, "timeout out_of_memory"
    ),
}

AT_RUN_TIME = {
    "prints_a_lone_surrogate": good("print('\\ud800')\n", "error"),
    "evaluates_additions": good("eval('+'.join(['1'] * 200_000))\n", "error"),
    "compiles_a_lone_surrogate": good("compile(chr(0xd800), 'x', 'exec')\n", "error"),
}

SOURCES = joined(READABLE, UNREADABLE, LONG, AT_RUN_TIME)

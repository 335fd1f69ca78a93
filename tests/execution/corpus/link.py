"""Programs that speak on the link to their judge themselves, where there is one."""

from tests.execution.corpus.model import Program, bad, whole

SEND = """
import os, time
def send(text):
    data = text.encode()
    data = len(data).to_bytes(4, 'little') + data
    while data:
        data = data[os.write(7, data):]
"""
GREET = (
    SEND
    + """send('["names",{"handle":[0,"x",[]]}]')
os.read(6, 100000)
"""
)
SERVE = """
import sys
frame = sys._getframe()
while frame and 'Link' not in frame.f_globals:
    frame = frame.f_back
operations = frame.f_globals['Link'].answer.__globals__['OPERATIONS']
honest = operations['names']
def names(target, *wanted):
    return honest(target, *wanted) | EXTRA
operations['names'] = names
"""


def told(text: str) -> Program:
    """Sends one message and waits; without a link its first write fails."""
    return whole(f"{SEND}send({text!r})\ntime.sleep(2)\n", "error", split="tampered")


def answered(text: str) -> Program:
    """Greets, is asked for names and answers with a text."""
    return whole(f"{GREET}send({text!r})\ntime.sleep(2)\n", "error", split="tampered")


LINK: dict[str, Program] = {
    "says_that_it_passed": told('["problem","passed",""]'),
    "says_that_the_harness_failed": told('["problem","infra_error",""]'),
    "says_that_it_failed": told('["problem","failed",""]'),
    "says_nothing": told("[]"),
    "says_a_number": told("7"),
    "greets_with_a_number": told('["names",7]'),
    "gives_a_number_for_names": answered('["value",7,{"dict":[]}]'),
    "gives_a_list_for_names": answered('["value",["add"],{"dict":[]}]'),
    "gives_names_that_hide_others": answered(
        '["value",{"dict":[["add",3],["__builtins__",{"dict":[]}]]},{"dict":[]}]'
    ),
    "raises_for_names": answered('["raised",{"exception":["ValueError",["ValueError"]]},[]]'),
    "raises_stop_for_names": answered('["raised",{"exception":["Stop",["BaseException"]]},[]]'),
    "leaves_for_names": answered('["exit"]'),
    "sends_half_a_message": whole(
        f"{GREET}os.write(7, b'\\xff\\x00\\x00\\x00[')\n", "error", split="wall_timeout"
    ),
    "sends_very_many_lists": whole(
        f"{GREET}send('[\"value\",[' + ','.join(['[]'] * 5000000) + '],{{\"dict\":[]}}]')\n",
        "error",
        split="tampered timeout early_exit",
    ),
    "asks_for_a_huge_product": whole(
        f'{GREET}send(\'["ask","mul",[1,2,3],[100000000],{{"dict":[]}}]\')\ntime.sleep(2)\n',
        "error",
        split="tampered",
    ),
    "gives_an_abs_of_its_own": bad(
        SERVE.replace("EXTRA", "{'abs': lambda x: 0.0}"), "error", split="tampered"
    ),
    "gives_a_print_of_its_own": bad(
        SERVE.replace("EXTRA", "{'print': print}"), "error", split="tampered"
    ),
    "gives_the_hook_that_counts": bad(
        SERVE.replace("EXTRA", "{n: print for n in wanted}"), "error", split="failed"
    ),
}

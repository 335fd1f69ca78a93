"""Objects that are equal to everything by what looks like the work of Python or its library."""

from tests.execution.corpus.liars import liar

LOOPHOLES = {
    "equal_by_mock_any": liar(
        """
        from unittest.mock import ANY
        def add(a, b):
            return ANY
        """,
        split="tampered failed",
    ),
    "equal_by_a_borrowed_method": liar(
        """
        class L(int):
            __eq__ = int.__ne__
        def add(a, b):
            return L(a - b + 1)
        """,
        "failed",
    ),
    "equal_to_each_of_its_elements": liar(
        """
        class L(list):
            __eq__ = list.__contains__
        def add(a, b):
            return L(range(100))
        """,
        "failed",
    ),
    "equal_by_code_with_a_forged_file": liar(
        """
        class L:
            def __eq__(self, other):
                return True
        import os
        for name in ('<frozen importlib._bootstrap>', os.__file__):
            L.__eq__.__code__ = L.__eq__.__code__.replace(co_filename=name)
        L.__eq__.__module__ = 'os'
        def add(a, b):
            return L()
        """,
        split="tampered failed",
    ),
    "equal_by_a_weak_proxy": liar(
        """
        import weakref
        class L:
            def __eq__(self, other):
                return True
        KEPT = L()
        def add(a, b):
            return weakref.proxy(KEPT)
        """,
        split="tampered failed",
    ),
    "equal_by_a_mapping_proxy": liar(
        """
        from types import MappingProxyType
        class L(dict):
            def __eq__(self, other):
                return True
        def add(a, b):
            return MappingProxyType(L())
        """,
        split="tampered failed",
    ),
    "equal_by_a_user_list": liar(
        """
        from collections import UserList
        class L(list):
            def __eq__(self, other):
                return True
        def add(a, b):
            made = UserList()
            made.data = L()
            return made
        """,
        split="tampered failed",
    ),
    "equal_by_a_fraction_of_liars": liar(
        """
        from fractions import Fraction
        class Part:
            def __eq__(self, other):
                return True
        class L(Fraction):
            _numerator = _denominator = property(lambda self: Part(), lambda self, value: None)
        def add(a, b):
            return L(7)
        """,
        "error tampered failed",
        split="tampered failed early_exit",
        stdio="error failed",
    ),
    "equal_by_a_class_that_hashes_as_plain": liar(
        """
        class Meta(type):
            def __hash__(cls):
                return hash(int)
            def __eq__(cls, other):
                return True
        class L(metaclass=Meta):
            def __eq__(self, other):
                return True
        def add(a, b):
            return L()
        """,
        split="tampered failed early_exit",
    ),
    "equal_once_it_was_looked_at": liar(
        """
        def equal(self, other):
            del L.__eq__
            return True
        class L:
            @property
            def __class__(self):
                L.__eq__ = equal
                return int
        def add(a, b):
            return L()
        """,
        "tampered failed",
        split="tampered failed",
    ),
    "equal_once_a_thread_has_swapped_its_class": liar(
        """
        import threading
        class Plain:
            pass
        class L(Plain):
            def __eq__(self, other):
                return True
        def swap(thing):
            while True:
                thing.__class__ = L
                thing.__class__ = Plain
        def add(a, b):
            thing = Plain()
            threading.Thread(target=swap, args=(thing,), daemon=True).start()
            return thing
        """,
        "tampered failed",
        split="tampered failed",
    ),
}

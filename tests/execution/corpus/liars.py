"""Programs whose add returns an object that lies about what it is or equals."""

from tests.execution.corpus.model import Program, joined, whole


def liar(code: str, verdicts: str = "tampered", **by_mode: str) -> Program:
    """A program that is simply wrong wherever only the data of its answer counts."""
    return whole(code, verdicts, **{"call": "failed", "stdio": "failed", **by_mode})


OBJECTS = {
    "always_equal": liar(
        """
        class L:
            def __eq__(self, other):
                return True
        def add(a, b):
            return L()
        """,
        split="tampered failed",
    ),
    "always_equal_int": liar(
        """
        class L(int):
            def __eq__(self, other):
                return True
        def add(a, b):
            return L(7)
        """,
        "failed",
    ),
    "always_equal_float": liar(
        """
        class L(float):
            __eq__ = __le__ = __ge__ = lambda self, other: True
        def add(a, b):
            return L(7)
        """,
        "failed",
    ),
    "always_equal_text": liar(
        """
        class L(str):
            def __eq__(self, other):
                return True
            __hash__ = str.__hash__
        def add(a, b):
            return L('sum')
        """,
        "failed",
    ),
    "always_equal_list": liar(
        """
        class L(list):
            def __eq__(self, other):
                return True
            def __len__(self):
                return 3
        def add(a, b):
            return L([7])
        """,
        "failed",
    ),
    "always_equal_dictionary": liar(
        """
        class L(dict):
            def __eq__(self, other):
                return True
            def items(self):
                return [(3, 3)]
        def add(a, b):
            return L(a=7)
        """,
        "failed",
    ),
    "always_equal_inside_a_list": liar(
        """
        class L(int):
            def __eq__(self, other):
                return True
        def add(a, b):
            return [L(7)]
        """,
        "failed",
    ),
    "always_equal_class": liar(
        """
        class Meta(type):
            def __eq__(self, other):
                return True
            __hash__ = type.__hash__
        class L(metaclass=Meta):
            pass
        def add(a, b):
            return L
        """,
        split="tampered failed",
    ),
    "always_equal_and_seemingly_a_number": liar(
        """
        class L:
            __class__ = property(lambda self: int)
            def __eq__(self, other):
                return True
            def __index__(self):
                return 3
            __int__ = __hash__ = __index__
        def add(a, b):
            return L()
        """,
        split="tampered failed",
    ),
    "equal_by_a_property": liar(
        """
        class L:
            __eq__ = property(lambda self: lambda other: True)
        def add(a, b):
            return L()
        """,
        split="tampered failed",
    ),
    "equal_by_never_being_unequal": liar(
        """
        class L:
            def __ne__(self, other):
                return False
            def __eq__(self, other):
                return not self != other
        def add(a, b):
            return L()
        """,
        split="tampered failed",
    ),
}

HARMLESS = {
    "equal_by_a_method_of_the_instance": liar(
        """
        class L:
            pass
        def add(a, b):
            thing = L()
            thing.__eq__ = lambda other: True
            return thing
        """,
        "failed",
    ),
    "lies_about_number_size_hash_and_truth": liar(
        """
        class L:
            def __init__(self, value):
                self.value = value
            def __index__(self):
                return self.value
            __int__ = __len__ = __hash__ = __index__
            def __float__(self):
                return float(self.value)
            def __bool__(self):
                return True
        def add(a, b):
            return L(a + b)
        """,
        "failed",
    ),
    "close_to_everything": liar(
        """
        class L:
            def __sub__(self, other):
                return 0
            __rsub__ = __abs__ = __round__ = __pow__ = lambda self, *a: 0
            def __lt__(self, other):
                return True
            __le__ = __gt__ = __ge__ = __lt__
        def add(a, b):
            return L()
        """,
        "tampered failed",
        split="failed",
    ),
    "contains_everything": liar(
        """
        class L:
            def __contains__(self, item):
                return True
        def add(a, b):
            return L()
        """,
        "failed",
    ),
    "not_implemented": liar("def add(a, b):\n    return NotImplemented\n", "failed"),
    "comparison_that_raises": liar(
        """
        class L:
            def __eq__(self, other):
                raise AssertionError
        def add(a, b):
            return L()
        """,
        split="tampered failed",
    ),
    "comparison_that_leaves": liar(
        """
        import os
        class L:
            def __eq__(self, other):
                os._exit(0)
        def add(a, b):
            return L()
        """,
        split="tampered failed",
    ),
    "comparison_that_never_ends": liar(
        """
        class L:
            def __eq__(self, other):
                while True:
                    pass
        def add(a, b):
            return L()
        """,
        split="tampered failed",
    ),
    "representation_that_raises": liar(
        """
        class L:
            def __repr__(self):
                raise SystemExit(0)
            __str__ = __format__ = __reduce_ex__ = __getstate__ = __repr__
        def add(a, b):
            return L()
        """,
        "failed",
    ),
    "attributes_that_raise": liar(
        """
        class L:
            def __getattribute__(self, name):
                raise SystemExit(0)
        def add(a, b):
            return L()
        """,
        "failed",
        split="failed early_exit",
    ),
    "class_whose_hash_raises": liar(
        """
        class Meta(type):
            def __hash__(cls):
                raise ValueError
        class L(metaclass=Meta):
            pass
        def add(a, b):
            return L()
        """,
        "failed error",
        split="failed error early_exit",
    ),
    "leaves_when_unpickled": liar(
        """
        import os
        class L:
            def __reduce__(self):
                return os._exit, (0,)
        def add(a, b):
            return L()
        """,
        "failed",
    ),
    "decimal_that_must_not_be_compared": liar(
        "from decimal import Decimal\ndef add(a, b):\n    return Decimal('sNaN')\n",
        "error failed",
        split="error failed tampered",
    ),
    "decimal_too_large_to_write_out": liar(
        "from decimal import Decimal\ndef add(a, b):\n    return Decimal('1e999999999')\n",
        "failed",
    ),
    "changes_its_answer_each_time_it_is_asked": liar(
        """
        class L(int):
            def __index__(self):
                return 3
            __int__ = __repr__ = __str__ = __format__ = __trunc__ = __index__
            __hash__ = int.__hash__
        def add(a, b):
            return L(7)
        """,
        "failed",
        stdio="error",
    ),
}

LIARS = joined(OBJECTS, HARMLESS)

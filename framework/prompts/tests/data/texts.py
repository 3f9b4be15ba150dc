"""Made up for the tests: what a Python file may hold.

hidden_in_a_string = ["not a list"]
"""
import os  # hidden_in_a_comment = ["not a list"]

class_names_2 = [
'anger.',
'fear.',   # with a comment
]

descriptions = ["low " "brows", # joined
    'it\'s a "stare"; \x41\u00e9\101', r"raw \n",
    u'''three
lines''', "tab\there\
 and on"]

annotated: list[str] = ["a"]
parts = ["a"] + ["b"]
calls = ["a", os.abort(), "b"]
formatted = ["a", f"{os.getcwd()}"]
numbers = ["a", 1]
nested = ["a", ["b"]]
names = ["a", class_names_2]
percent = ["%s" % 1]
bytes_ = [b"a"]
named = ["\N{BULLET}"]
surrogate = ["\ud800"]
empty = []
twice = ["a"]
twice = ["b"]
keyword = dict(
inside = ["a"]
)
if True:
    indented = ["a"]
last = ["a"]; more = ["b"]
unclosed = ["a",

"""Text that tries to be something else once it stands in YAML, PromQL or a Go template."""

from __future__ import annotations

HOSTILE = {
    "a new key": "x\nreplicas: 99",
    "a mapping": "a: b",
    "a comment": "x # rest",
    "double quotes": '"} , {"',
    "single quotes": "it's 'quoted'",
    "a backslash": "C:\\new\\x41 \\",
    "a list": "- x",
    "an alias": "*anchor",
    "an anchor": "&anchor x",
    "a tag": "!!python/object/apply:os.system ['id']",
    "a document": "\n---\nkind: Pod",
    "flow": "{a: [b]}",
    "yes or no": "no",
    "null": "~",
    "empty": "",
    "a float to YAML 1.2": "12e4567",
    "octal": "0755",
    "a version": "1.10",
    "base 60": "12:30:45",
    "a date": "2024-13-01",
    "jinja": "{{ 7*7 }}{% for x in y %}",
    "a Go template": '{{ printf "%s" .Labels }} {{{ $value }}',
    "promql": 'iris"}[5m])) > 1 or vector(1) or sum(rate(up{x="',
    "a regular expression": "iris|.*",
    "next line": "a\x85kind: Pod",
    "line separator": "a\u2028b\u2029c",
    "carriage return": "a\rb",
    "controls": "\x00\x01\x07\x1b[31m\x7f\x9f",
    "a tab": "\tx\t",
    "spaces": "  x  ",
    "direction": "iris\u202etxt.exe\u2066",
    "zero width": "a\u200b\ufeffb\xad",
    "not a character": "\ufffe\uffff",
    "emoji": "\U0001f600 \U0001f468\u200d\U0001f469",
    "letters": "\u00dcberpr\u00fcfung \u65e5\u672c",
    "long": "x" * 1500,
}

LIKE_OTHER_TYPES = (
    *("7204e52", "12e4567", "1e3", "1E5", "1e-3", "0e0", "0x1F", "0o17", "012", "0b101", "1_000"),
    *("+1", "-0", ".5", "5.", "1.", "0", "007", ".inf", "-.INF", ".nan", ".NaN", "inf", "NaN"),
    *("12:30", "190:20:30", "1.10", "1,000", "9" * 30, "0." + "1" * 40, "null", "Null", "NULL"),
    *("No", "NO", "yes", "on", "Off", "y", "N", "t", "true", "True", "FALSE", "=", "<<"),
    *("2024-01-01", "2024-01-01T00:00:00Z", "2001-12-14t21:59:43.10-05:00", "1 day", "12h"),
)
"""Text that some reader of YAML takes for a number, a time, a truth value or nothing."""

MARKUP = (
    *("'", "''", '"', '""', "\\", "\\\\", '\\"', "\\n", "\\x22", "\\u0022", "'\"'\"'"),
    *("[", "]", "{", "}", "{}", "[]", ",", ":", ": ", "x:", ":x", "#", " #", "x #y", "-", "?"),
    *("? x", "| x", "> x", "|\n  x", ">-\n x\n", "@x", "`x`", "%YAML 1.1", "--- x", "...", "!x"),
    *("!!binary eA==", "!!str x", "!ruby/object:X", "&a *a", "*", "a: &b c", "}\nkind: Pod\n{"),
    *("\n", "\r\n", "\n\n", "x\n", "\nx", "x\n  y: z", "\t", "x\ty: z", "\x0b", "\x0c", "\x1c"),
)
"""Text that is something else to a reader of YAML, or nearly."""

PROGRAMS = (
    *("${HOME}", "$(reboot)", "$x", "%s%n", "{0.__class__}", "%(x)s", "'; drop table x; --"),
    *("{{", "}}", "{%", "%}", "{#", "#}", "{{ x }}", "{{- x -}}", "{{ .Values.x }}", "{{{{ x }}}}"),
    *("{% include 'x' %}", "{% raw %}", "{{ range . }}", '{{ template "x" }}', '{{ "{{" }}'),
    *("{{ $labels.x }}", '{{ query "up" | first }}', "' or vector(1) or '", '"} or up{x="'),
    *("\\' or up or \\'", '{job=~".+"}', "up[5m] offset 1d", "<script>alert(1)</script>", "&lt;"),
    *("::error::x", "../../etc/passwd", "file:///etc/passwd", "http://x/?a=b&c=d", "a@sha256:b"),
)  # fmt: skip
"""Text that some template, query, shell or page takes for an instruction."""

INJECTIONS = tuple(dict.fromkeys((*HOSTILE.values(), *LIKE_OTHER_TYPES, *MARKUP, *PROGRAMS)).keys())

"""Foreign texts in C source: as string literals of plain ASCII, never as anything else."""

from __future__ import annotations


def bytes_literal(data: bytes) -> str:
    """A string literal of exactly these bytes. Octal escapes of three digits end by themselves."""
    return '"' + "".join(_char(byte) for byte in data) + '"'


def literal(text: str) -> str:
    """A string literal that prints as the text, in UTF-8."""
    return bytes_literal(text.encode("utf-8", "replace"))


def wide_literal(text: str) -> str:
    """A wide string literal; wchar_t has 16 bits on Windows."""
    units = text.encode("utf-16-le", "surrogatepass")
    codes = [int.from_bytes(units[at: at + 2], "little") for at in range(0, len(units), 2)]
    # A hexadecimal escape takes every digit that follows: the literal ends after each.
    return 'L"' + "".join(_char(code) if code < 0x80 else f'\\x{code:04x}" L"' for code in codes) + '"'


def comment(text: str) -> str:
    """Text that can't end the comment that it stands in, nor begin another or join two lines."""
    # Backslashes and question marks would join lines: the compiler takes ??/ for a backslash.
    safe = "".join(char if " " <= char <= "~" and char != "?" else "." for char in text).replace("\\", "/")
    return safe.replace("*/", "* /").replace("/*", "/ *")



def _char(code: int) -> str:
    # A question mark is escaped because two of them begin a trigraph.
    if 0x20 <= code < 0x7F and chr(code) not in '"\\?':
        return chr(code)
    return f"\\{code:03o}"

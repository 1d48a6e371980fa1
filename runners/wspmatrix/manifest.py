"""Manifests: the catalog entry of a DLL that is not installed.

The suite reads the same files with inih. What the two libraries would understand differently is refused here,
line by line, before configparser sees it. The rules are listed in tests/corpus/manifests/README.md.
"""

from __future__ import annotations

import configparser
import re
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from pathlib import Path

from .text import quoted, short

MAX_LINE = 4000
MAX_SECTION = 49
MAX_NAME = 400
MAX_PROTOCOL = 255
BLANKS = " \t"
UNICODE_BLANKS = "\u00a0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))

REQUIRED_OF_PROVIDER = ("name", "dll", "guid", "entries")
KEYS_OF_PROVIDER = (*REQUIRED_OF_PROVIDER, "environment")
REQUIRED_OF_ENTRY = ("protocol", "family", "socket_type", "protocol_number", "service_flags")
NUMBERS = (
    "family", "socket_type", "protocol_number", "service_flags", "version", "max_sockaddr", "min_sockaddr",
    "protocol_max_offset", "byte_order", "security_scheme", "message_size", "provider_flags",
    "service_flags2", "service_flags3", "service_flags4",
)
KEYS_OF_ENTRY = ("protocol", *NUMBERS, "address", "over", "transparent", "environment")
INHERITED = ("protocol", *NUMBERS, "address")

_NUMBER = re.compile(r"(?:0[xX][0-9a-fA-F]+|[0-9]+)\Z")
_GUID = re.compile(r"\{[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}\Z")
_LIKE_A_COMMENT = re.compile(r"(?:\A|[ \t])([;#])")
_V4 = re.compile(r"([0-9.]+):([0-9]{1,5})\Z")
_V6 = re.compile(r"\[([0-9a-fA-F:.]+)\]:([0-9]{1,5})\Z")
_HEX = re.compile(r"hex:((?:[0-9a-fA-F]{2}){2,128})\Z")


class ManifestError(ValueError):
    """One mistake in a manifest: where, which key or section, what is there and what was expected."""

    def __init__(self, path: Path, line: int, key: str, what: str, expected: str) -> None:
        self.path, self.line, self.key, self.what, self.expected = path, line, key, what, expected
        where = f"{short(str(path), 300)}:{line}" if line else short(str(path), 300)
        name = f"{short(key)}: " if key else ""
        super().__init__(f"{where}: {name}{what}; expected {expected}")


@dataclass
class Entry:
    """One catalog entry. `values` are the fields given here, or brought by `over` once resolved."""

    section: str
    full_name: str
    values: dict[str, int | str] = field(default_factory=dict)
    over: str | None = None
    over_line: int = 0
    transparent: bool = False
    environment: dict[str, str] = field(default_factory=dict)


@dataclass
class Manifest:
    """A manifest as it was written. `dll` may hold %VARIABLES%: they are for the system that loads it."""

    path: Path
    name: str
    dll: str
    guid: uuid.UUID
    environment: dict[str, str]
    entries: list[Entry]

    def entry(self, section: str) -> Entry | None:
        return next((entry for entry in self.entries if entry.section == section), None)


class _Source:
    """The lines of one manifest, and where each section and key stands."""

    def __init__(self, path: Path, data: bytes) -> None:
        self.path = path
        self.where: dict[tuple[str, str], int] = {}
        self.section_lines: dict[str, int] = {}
        self.parser = configparser.ConfigParser(
            interpolation=None, delimiters=("=",), comment_prefixes=(";",), inline_comment_prefixes=None,
            strict=True, empty_lines_in_values=False, default_section="\0none")
        self.parser.optionxform = str  # type: ignore[assignment,method-assign]
        self._read(self._lines(data))

    def error(self, line: int, key: str, what: str, expected: str) -> ManifestError:
        return ManifestError(self.path, line, key, what, expected)

    def _lines(self, data: bytes) -> list[str]:
        if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
            raise self.error(1, "", "starts with a byte order mark", "UTF-8 without one")
        lines = []
        for number, raw in enumerate(data.split(b"\n"), 1):
            raw = raw.removesuffix(b"\r")
            if len(raw) > MAX_LINE:
                raise self.error(number, "", f"a line of {len(raw)} bytes", f"at most {MAX_LINE}")
            bad = next((byte for byte in raw if byte == 0x7F or byte < 0x20 and byte != 0x09), None)
            if bad is not None:
                raise self.error(number, "", f"a control character (0x{bad:02x})", "a text file in UTF-8")
            try:
                line = raw.decode("utf-8")
            except UnicodeDecodeError as error:
                raise self.error(number, "", f"byte 0x{raw[error.start]:02x} is not UTF-8", "UTF-8") from None
            if "\x80" <= max(line, default="") and any("\x80" <= c <= "\x9f" for c in line):
                raise self.error(number, "", "a control character", "a text file in UTF-8")
            lines.append(line)
        return lines

    def _read(self, lines: list[str]) -> None:
        section = ""
        for number, line in enumerate(lines, 1):
            section = self._check_line(number, line, section)
        self.parser.read_file(lines, str(self.path))

    def _check_line(self, number: int, line: str, section: str) -> str:
        """Refuses a line that the two libraries could read differently; returns the section after it."""
        if not line.strip(BLANKS) or line.startswith(";"):
            return section
        if line[0] in BLANKS or line[0] in UNICODE_BLANKS:
            raise self.error(number, "", "an indented line", "every line to start in its first column")
        if line.startswith("#"):
            raise self.error(number, "", "a comment that starts with #", "comments that start with ;")
        if line.startswith("["):
            return self._check_section(number, line)
        key, equals, value = line.partition("=")
        if not equals or ":" in key:
            raise self.error(number, "", f"can't understand {quoted(line)}",
                             "[section], key = value or ; comment")
        self._check_pair(number, section, key.strip(BLANKS), value.strip(BLANKS))
        return section

    def _check_section(self, number: int, line: str) -> str:
        section = line[1:].rstrip(BLANKS)
        if not section.endswith("]"):
            raise self.error(number, "", f"can't understand {quoted(line)}",
                             "[section] and nothing behind it")
        section = section[:-1]
        if not section or set(section) & set("[]"):
            raise self.error(number, "", f"can't understand {quoted(line)}", "[section], with a name")
        if len(section.encode()) > MAX_SECTION:
            raise self.error(number, section, "a name of more than 49 bytes", f"at most {MAX_SECTION}")
        if section in self.section_lines:
            raise self.error(number, section, "a second section of this name",
                             f"one (the first is in line {self.section_lines[section]})")
        self.section_lines[section] = number
        return section

    def _check_pair(self, number: int, section: str, key: str, value: str) -> None:
        if not section:
            raise self.error(number, key, "stands before any section", "[provider] above it")
        known = KEYS_OF_PROVIDER if section == "provider" else KEYS_OF_ENTRY
        if key not in known:
            raise self.error(number, key, f"no key of [{short(section)}]", "one of " + ", ".join(known))
        if (section, key) in self.where:
            raise self.error(number, key, "given twice",
                             f"once (the first is in line {self.where[section, key]})")
        if _LIKE_A_COMMENT.search(value):
            raise self.error(number, key, "holds what looks like a comment", "comments in lines of their own")
        if value and (value[0] in UNICODE_BLANKS or value[-1] in UNICODE_BLANKS):
            raise self.error(number, key, "starts or ends in a blank that is not ASCII", "no such blank")
        self.where[section, key] = number

    def get(self, section: str, key: str) -> str | None:
        """The value, None where the key is not given. No value may be empty."""
        if (section, key) not in self.where:
            return None
        value = self.parser[section][key]
        if not value:
            raise self.error(self.where[section, key], key, "is empty", "a value")
        return value

    def need(self, section: str, key: str) -> str:
        value = self.get(section, key)
        if value is None:
            raise self.error(0, key, f"is missing in [{short(section)}]", f"{key} = ...")
        return value


def read(path: Path | str) -> Manifest:
    """Reads one manifest. `over` is noted but not followed: see resolve."""
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ManifestError(path, 0, "", error.strerror or str(error),
                            "a manifest that can be read") from None
    source = _Source(path, data)
    if "provider" not in source.section_lines:
        raise source.error(0, "provider", "no such section", "[provider]")
    name = _name(source, "name", source.need("provider", "name"))
    dll = source.need("provider", "dll")
    guid = _guid(source, source.need("provider", "guid"))
    sections = _sections(source)
    return Manifest(path, name, dll, guid, _environment(source, "provider"),
                    [_entry(source, name, section) for section in sections])


def _name(source: _Source, key: str, value: str) -> str:
    if set(value) & set('.,/\\"'):
        raise source.error(source.where["provider", key], key, f"{quoted(value)} can't be a name",
                           'a name without . , / \\ and "')
    if len(value.encode()) > MAX_NAME:
        raise source.error(source.where["provider", key], key, "is too long", f"at most {MAX_NAME} bytes")
    return value


def _guid(source: _Source, text: str) -> uuid.UUID:
    if not _GUID.match(text):
        raise source.error(source.where["provider", "guid"], "guid", f"{quoted(text)} is no GUID",
                           "{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}")
    return uuid.UUID(text)


def _sections(source: _Source) -> list[str]:
    line = source.section_lines["provider"]
    listed = [part.strip(BLANKS) for part in source.need("provider", "entries").split(",")]
    line = source.where["provider", "entries"]
    for number, section in enumerate(listed):
        if not section or section == "provider":
            raise source.error(line, "entries", f"{quoted(section)} can't be an entry",
                               "names with commas between")
        _name(source, "entries", section)
        if section in listed[:number]:
            raise source.error(line, "entries", f"{quoted(section)} is listed twice", "each entry once")
        if section not in source.section_lines:
            raise source.error(line, section, "is listed as an entry and has no section",
                               f"[{short(section)}]")
    for section, where in source.section_lines.items():
        if section != "provider" and section not in listed:
            raise source.error(where, section, "a section that entries does not list",
                               "[provider] or one of " + ", ".join(map(short, listed)))
    return listed


def _entry(source: _Source, name: str, section: str) -> Entry:
    entry = Entry(section, f"{name}.{section}")
    for key in NUMBERS:
        number = _number(source, section, key)
        if number is not None:
            entry.values[key] = number
    protocol = source.get(section, "protocol")
    if protocol is not None:
        if len(protocol.encode("utf-16-le")) > 2 * MAX_PROTOCOL:
            raise source.error(source.where[section, "protocol"], "protocol", "is too long",
                               f"at most {MAX_PROTOCOL} UTF-16 units")
        entry.values["protocol"] = protocol
    address = source.get(section, "address")
    if address is not None:
        entry.values["address"] = _address(source, section, address)
    entry.over = source.get(section, "over")
    entry.over_line = source.where.get((section, "over"), 0)
    entry.transparent = bool(_number(source, section, "transparent", 1))
    entry.environment = _environment(source, section)
    if entry.over is None:
        for key in REQUIRED_OF_ENTRY:
            source.need(section, key)
    return entry


def _number(source: _Source, section: str, key: str, largest: int = 0xFFFFFFFF) -> int | None:
    text = source.get(section, key)
    if text is None:
        return None
    number = -1
    if _NUMBER.match(text) and len(text) < 100:
        number = int(text, 16) if text[:2] in ("0x", "0X") else int(text)
    if not 0 <= number <= largest:
        wanted = "0 or 1" if largest == 1 else "a number, decimal or 0x, at most 0xffffffff"
        raise source.error(source.where[section, key], key, f"{quoted(text)} is no such number", wanted)
    return number


def _address(source: _Source, section: str, text: str) -> str:
    try:
        if match := _V4.match(text):
            IPv4Address(match[1])
        elif match := _V6.match(text):
            IPv6Address(match[1])
        elif _HEX.match(text):
            return text
        if match and int(match[2]) <= 0xFFFF:
            return text
    except AddressValueError:
        pass
    raise source.error(source.where[section, "address"], "address", f"{quoted(text)} is no address",
                       "a.b.c.d:port, [v6]:port or hex:.. (2 to 128 bytes)")


def _environment(source: _Source, section: str) -> dict[str, str]:
    text = source.get(section, "environment")
    settings: dict[str, str] = {}
    for part in text.split(",") if text is not None else ():
        name, equals, value = part.partition("=")
        name = name.strip(BLANKS)
        if not name or not equals or name in settings:
            raise source.error(source.where[section, "environment"], "environment",
                               f"can't understand {quoted(part.strip(BLANKS))}",
                               "NAME=VALUE, NAME=VALUE, each NAME once")
        settings[name] = value.strip(BLANKS)
    return settings


def resolve(manifests: Iterable[Manifest], *, folders: Collection[Path] = (),
            installed: Collection[str] = ()) -> dict[str, Entry]:
    """Follows `over` for every entry of the manifests; returns all entries by full name, fields inherited.

    A lower entry is looked for in its own manifest, the other manifests, NAME.ini beside the manifest,
    NAME.ini in `folders`, and among the names of `installed` entries (whose fields are not known here).
    """
    manifests = list(manifests)
    search = _Lower(manifests, folders, installed)
    done: dict[str, Entry] = {}
    for manifest in manifests:
        for entry in manifest.entries:
            done[entry.full_name] = search.inherit(manifest, entry, ())
    return done


class _Lower:
    """Finds what entries are over, reading the manifests beside as they are needed."""

    def __init__(self, manifests: list[Manifest], folders: Collection[Path],
                 installed: Collection[str]) -> None:
        self.manifests, self.folders, self.installed = manifests, folders, installed
        self.read: dict[Path, Manifest] = {manifest.path.resolve(): manifest for manifest in manifests}

    def inherit(self, manifest: Manifest, entry: Entry, above: tuple[str, ...]) -> Entry:
        if entry.over is None:
            return entry
        if entry.full_name in above:
            raise ManifestError(manifest.path, entry.over_line, "over",
                                "goes in a circle: " + " over ".join(map(short, (*above, entry.full_name))),
                                "a chain that ends in a base provider")
        found = self._find(manifest, entry.over)
        if found is None:
            if entry.over in self.installed:
                return entry
            raise ManifestError(manifest.path, entry.over_line, "over", f"{quoted(entry.over)} is nowhere",
                                "an entry of this manifest, of another one, or of the catalog")
        lower = self.inherit(*found, (*above, entry.full_name))
        for key in INHERITED:
            if key in lower.values:
                entry.values.setdefault(key, lower.values[key])
        return entry

    def _find(self, manifest: Manifest, wanted: str) -> tuple[Manifest, Entry] | None:
        name, _, section = wanted.partition(".")
        for candidate in (manifest, *self.manifests, *self._beside(manifest, name)):
            entry = candidate.entry(section)
            if candidate.name == name and entry is not None:
                return candidate, entry
        return None

    def _beside(self, manifest: Manifest, name: str) -> Iterable[Manifest]:
        if not name or set(name) & set('/\\"\0'):
            return
        for folder in (manifest.path.parent, *self.folders):
            path = folder / f"{name}.ini"
            if path.is_file():
                key = path.resolve()
                if key not in self.read:
                    self.read[key] = read(path)
                yield self.read[key]

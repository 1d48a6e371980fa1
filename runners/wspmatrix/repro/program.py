"""The program: head, runtime, what the record says, the calls, main."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from importlib import resources

from ..records import Call, ProviderRecord, Result, RunRecord
from ..text import quoted, short
from .arguments import NotReplayable
from .emit import Emitter
from .text import comment, literal, wide_literal

PAIR = {"send_disconnect": "WSPSendDisconnect", "recv_disconnect": "WSPRecvDisconnect"}
MAKE_A_SOCKET = ("WSPSocket", "WSPAccept", "WSPJoinLeaf")
SAY_FALSE = ("WSPGetOverlappedResult",)
HANG_AFTER = 20_000
MOST_THREADS = 64
NEEDS_A_FAULT = "network_down"
LONGEST = 300
LONGEST_PATH = 1000
KEPT_CALLS = 256
"""The trace of the suite keeps the last ones only."""

_PART = re.compile(r"(?:(?P<fn>WSP[A-Za-z]+) )?(?P<answer>0|a socket|SOCKET_ERROR .+)")
_DEFINITION = re.compile(r"^static [^;={]*?(\w+)\([^;]*?\)\n\{|^static [\w ]+ \**(\w+)(?:\[\w+\])?;\Z",
                         re.MULTILINE)
"""A function, or a variable that stands for itself, in runtime.c or starting.c."""
_WORD = re.compile(r"[A-Za-z_]\w*")
_FIELDS = (("provider_flags", "dwProviderFlags"), ("service_flags2", "dwServiceFlags2"),
           ("service_flags3", "dwServiceFlags3"), ("service_flags4", "dwServiceFlags4"),
           ("version", "iVersion"),
           ("max_sockaddr", "iMaxSockAddr"), ("min_sockaddr", "iMinSockAddr"),
           ("protocol_max_offset", "iProtocolMaxOffset"), ("byte_order", "iNetworkByteOrder"),
           ("security_scheme", "iSecurityScheme"), ("message_size", "dwMessageSize"))
_SIGNED = ("iVersion", "iMaxSockAddr", "iMinSockAddr", "iProtocolMaxOffset", "iNetworkByteOrder",
           "iSecurityScheme")
LARGEST_ADDRESS = {2: 16, 23: 28}
LENGTH_OF_PROTOCOL = 255


@dataclass(slots=True)
class Subject:
    """What is replayed, and where the provider's DLL is."""

    run: RunRecord
    provider: ProviderRecord
    result: Result
    dll: str
    name: str = "repro.c"
    values: dict[str, int | str] = field(default_factory=dict)
    """The entry's fields in its manifest, where there is one."""
    environment: dict[str, str] = field(default_factory=dict)


def write(subject: Subject) -> str:
    """The text of the program. NotReplayable says which call it can't make, and why."""
    result = subject.result
    if subject.provider.chain:
        raise NotReplayable(f"{quoted(result.entry)} is layered: it asks ws2_32 for the provider below it, "
                            "which only an installed catalog or the suite can answer")
    if NEEDS_A_FAULT in result.case.split("."):
        raise NotReplayable("the suite set a fault in the provider (WspcheckFault): that is no recorded call")
    if len(subject.dll) > LONGEST_PATH:
        raise NotReplayable(f"the path {quoted(subject.dll)}; expected at most {LONGEST_PATH} characters")
    if not result.calls:
        raise NotReplayable("its record holds no calls (run the case with --trace all)")
    emitter = Emitter()
    bodies = [_body(emitter, number, call) for number, call in enumerate(result.calls)]
    parts = _parts(result)
    tables, entry, replay = _tables(result, parts), _entry(subject), "\n".join(_replay(bodies, emitter))
    main = resources.files(__package__).joinpath("main.c").read_text("utf-8")
    starting = _needed("starting.c", f"{replay}\n{main}")
    runtime = _needed("runtime.c", f"{tables}\n{replay}\n{starting}\n{main}")
    return "\n".join([_head(subject, emitter), runtime, tables, entry, starting, replay, "", main])


def _needed(file: str, rest: str) -> str:
    """What the rest of the program needs of a file: a reader should see nothing that is not used."""
    text = resources.files(__package__).joinpath(file).read_text("utf-8")
    pieces = re.split(r"\n\n(?=\S)", text)
    names = [match[1] or match[2] if (match := _DEFINITION.search(piece)) else None for piece in pieces]
    look = _WORD.findall(rest) + [word for piece, name in zip(pieces, names) if name is None
                                  for word in _WORD.findall(piece)]
    wanted: set[int] = set()
    while look:
        words = set(look)
        new = {number for number, name in enumerate(names) if name in words} - wanted
        wanted |= new
        look = [word for number in new for word in _WORD.findall(pieces[number])]
    return "\n\n".join(piece for number, (piece, name) in enumerate(zip(pieces, names))
                       if name is None or number in wanted)


def _body(emitter: Emitter, number: int, call: Call) -> tuple[int, list[str]]:
    """The thread that made the call, 1 for that of the case, and the lines that make it again."""
    try:
        if call.inside is not None:
            raise NotReplayable(f"a hook or a condition function made it inside call {call.inside + 1}")
        thread = call.thread or 1
        if not 1 <= thread <= MOST_THREADS:
            raise NotReplayable(f"a thread number of {thread}; expected at most {MOST_THREADS}")
        return thread, emitter.lines(call)
    except NotReplayable as error:
        name = f"{short(call.fn)}({short(call.args, 120)})"
        raise NotReplayable(f"call {number + 1}, {name}: {error}") from None


def _head(subject: Subject, emitter: Emitter) -> str:
    run, result = subject.run, subject.result
    name = comment(subject.name)
    exe = re.sub(r"\.c$", "", name) + ".exe"
    compiler = "i686-w64-mingw32-gcc" if run.arch == "x86" else "x86_64-w64-mingw32-gcc"
    lines = [
        f"{result.case} on {result.entry}",
        "", "Makes the calls of one case of wspcheck, without wspcheck, and shows what they answer.", "",
        f"build:  {compiler} -o {exe} {name}", f"        cl {name}",
        f"run:    {exe} [PATH OF THE PROVIDER'S DLL]", "",
        f"expected:  {result.expected}", f"observed:  {result.observed}",
        *([f"reason:    {result.reason}"] if result.reason else []),
        f"statement: {', '.join(result.statements)}",
        f"recorded:  {run.environment}, {run.started}, wspcheck {run.suite}, {result.location}",
        f"DLL:       {subject.provider.dll}, SHA-256 {subject.provider.sha256 or 'not recorded'}",
        *([f"note:      only the last {KEPT_CALLS} calls were recorded"] if len(result.calls) >= KEPT_CALLS
          else []),
        *(["note:      the last call ended the process"] if result.verdict == "crash" else []),
        *(f"note:      {note}" for note in emitter.notes), "",
        "Exit status: 0 the same answer, 1 another one, 2 the provider could not be started."]
    return "/*\n" + "".join(f" * {comment(short(line, 300))}".rstrip() + "\n" for line in lines) + " */"


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of the observed answer: a fixed text, then what a call answers (-1: no call tells it)."""

    before: str
    call: int


def _parts(result: Result) -> list[_Part]:
    """The observed answer, piece by piece, each tied to the call that gave it where that can be told."""
    if not result.observed:
        return [_Part("no answer was recorded", -1)]
    parts, used = [], -1
    usual = PAIR.get(result.case.partition(".")[0])
    for piece in result.observed.split("; "):
        match = _PART.fullmatch(piece)
        found = _find(result, match["fn"] or usual, match["answer"], used) if match else -1
        if found < 0:
            parts.append(_Part(f"({short(piece, LONGEST)}: not shown by this program)", -1))
        else:
            assert match is not None
            used = found
            parts.append(_Part(f"{match['fn']} " if match["fn"] else "", found))
    return parts


def _find(result: Result, fn: str | None, answer: str, after: int) -> int:
    from_here = [number for number in range(after + 1, len(result.calls)) if result.calls[number].fn == fn]
    return next((number for number in from_here if _answer(result.calls[number]) == answer), -1)


def _answer(call: Call) -> str:
    """How records render what a call answered, as far as a failure goes."""
    if call.result == -1:
        name = {code: name for name, code in CODES.items()}.get(call.error if isinstance(call.error, int)
                                                                else -1)
        if call.error == 0:
            return "SOCKET_ERROR 0"
        return f"SOCKET_ERROR {name or f'error {call.error}'}"
    return "a socket" if call.fn in MAKE_A_SOCKET else str(call.result)


CODES = {"not written": -1515870811, "WSAEINTR": 10004, "WSAEBADF": 10009, "WSAEACCES": 10013,
         "WSAEFAULT": 10014,
         "WSAEINVAL": 10022, "WSAEMFILE": 10024, "WSAEWOULDBLOCK": 10035, "WSAEINPROGRESS": 10036,
         "WSAEALREADY": 10037, "WSAENOTSOCK": 10038, "WSAEDESTADDRREQ": 10039, "WSAEMSGSIZE": 10040,
         "WSAEPROTOTYPE": 10041, "WSAENOPROTOOPT": 10042, "WSAEPROTONOSUPPORT": 10043,
         "WSAESOCKTNOSUPPORT": 10044,
         "WSAEOPNOTSUPP": 10045, "WSAEPFNOSUPPORT": 10046, "WSAEAFNOSUPPORT": 10047, "WSAEADDRINUSE": 10048,
         "WSAEADDRNOTAVAIL": 10049, "WSAENETDOWN": 10050, "WSAENETUNREACH": 10051, "WSAENETRESET": 10052,
         "WSAECONNABORTED": 10053, "WSAECONNRESET": 10054, "WSAENOBUFS": 10055, "WSAEISCONN": 10056,
         "WSAENOTCONN": 10057, "WSAESHUTDOWN": 10058, "WSAETIMEDOUT": 10060, "WSAECONNREFUSED": 10061,
         "WSAEHOSTDOWN": 10064, "WSAEHOSTUNREACH": 10065, "WSAEPROCLIM": 10067, "WSASYSNOTREADY": 10091,
         "WSAVERNOTSUPPORTED": 10092, "WSANOTINITIALISED": 10093, "WSAEDISCON": 10101, "WSAECANCELLED": 10103,
         "WSAEINVALIDPROCTABLE": 10104, "WSAEINVALIDPROVIDER": 10105, "WSAEPROVIDERFAILEDINIT": 10106,
         "WSASYSCALLFAILURE": 10107, "WSA_IO_PENDING": 997, "WSA_IO_INCOMPLETE": 996, "WSA_INVALID_HANDLE": 6,
         "WSA_INVALID_PARAMETER": 87, "WSA_NOT_ENOUGH_MEMORY": 8, "WSA_OPERATION_ABORTED": 995}
"""The same codes as in runtime.c (a test compares them)."""


def _tables(result: Result, parts: list[_Part]) -> str:
    decide = {part.call for part in parts if part.call >= 0}
    pair = PAIR.get(result.case.partition(".")[0])
    rows = [_row(call, number in decide or call.fn == pair) for number, call in enumerate(result.calls)]
    shown = ",\n".join(f"    {{{literal(part.before)}, {part.call}}}" for part in parts)
    return "\n".join([
        "/* The record. */", f"#define EXPECTED {literal(short(result.expected, 1000))}",
        f"#define RECORDED {literal(short(result.observed, 1000))}", f"#define HANG_AFTER {HANG_AFTER}",
        f"#define CRASHED {int(result.verdict == 'crash' or result.crash is not None)}",
        f"#define HUNG {int(result.verdict == 'hang')}",
        f"#define PARTS {len(parts)}", "", "static struct call calls[] = {", ",\n".join(rows) + ",", "};", "",
        "struct part {", "    const char *before;", "    int call;", "};", "",
        "static const struct part parts[PARTS] = {", shown + ",", "};", ""])


def _row(call: Call, decides: bool) -> str:
    text = literal(short(f"{call.fn}({call.args.partition(', out.')[0]})", 400))
    if call.result is None:
        return f"    {{{text}, 0, 0, 0, 1, 0, 0, 0}}"
    error = call.error if isinstance(call.error, int) else 0
    error = (error + 2**31) % 2**32 - 2**31
    if call.fn in MAKE_A_SOCKET:
        wanted = "SOCKET_ERROR" if call.result == -1 else "ANY_RESULT"
    elif call.fn in SAY_FALSE:
        wanted = "1" if call.result else "SOCKET_ERROR"
    else:
        wanted = str(int(call.result) if isinstance(call.result, int) else 0)
        if not -2**31 <= int(wanted) < 2**31:
            wanted = "0"
    return f"    {{{text}, 1, {wanted}, {error}, {int(decides)}, 0, 0, 0}}"


def _entry(subject: Subject) -> str:
    provider, values = subject.provider, subject.values
    protocol = str(values.get("protocol", ""))[:LENGTH_OF_PROTOCOL]
    fields = {"dwServiceFlags1": provider.service_flags, "dwCatalogEntryId": provider.catalog_id,
              "iAddressFamily": provider.family, "iSocketType": provider.socket_type,
              "iProtocol": provider.protocol, "iVersion": 2,
              "iMaxSockAddr": LARGEST_ADDRESS.get(provider.family or 0, 128),
              "iMinSockAddr": LARGEST_ADDRESS.get(provider.family or 0, 2)}
    for key, name in _FIELDS:
        if key in values:
            fields[name] = int(values[key])
    lines = [f"    info.{name} = {_number(name, value)};" for name, value in fields.items()
             if value is not None]
    environment = [f"    SetEnvironmentVariableW({wide_literal(name)}, {wide_literal(value)});"
                   for name, value in subject.environment.items()]
    return "\n".join([
        f"#define DLL {wide_literal(subject.dll)}", "", "static WSAPROTOCOL_INFOW info;",
        "static HMODULE module;",
        "static LPWSPSTARTUP startup;", "",
        "/* The catalog entry. */", "static void describe_entry(void)", "{", *lines,
        "    info.ProtocolChain.ChainLen = 1;", f"    info.ProviderId = {_guid(provider.guid)};",
        f"    wcscpy(info.szProtocol, {wide_literal(protocol)});", "}", "",
        "/* What the provider's manifest sets for it. */", "static void set_environment(void)", "{",
        *environment, "}", ""])


def _number(name: str, value: int) -> str:
    if name in _SIGNED or name in ("iAddressFamily", "iSocketType", "iProtocol"):
        return str((int(value) + 2**31) % 2**32 - 2**31)
    return f"0x{int(value) & 0xFFFFFFFF:x}"


def _guid(text: str | None) -> str:
    try:
        value = uuid.UUID(text or "")
    except ValueError:
        value = uuid.UUID(int=0)
    rest = ", ".join(f"0x{byte:02x}" for byte in value.bytes[8:])
    return f"*(const GUID *)&(const GUID){{0x{value.time_low:08x}, 0x{value.time_mid:04x}, " \
           f"0x{value.time_hi_version:04x}, {{{rest}}}}}"


_DECLARED = {
    "static struct watch watches[MOST_SOCKETS];": "watches[",
    "static WSAPROTOCOL_INFOW duplicated;": "duplicated",
    "static const struct sockaddr *to;": "to = ", "static WSABUF *data;": "data = ",
    "static DWORD count;": "&count",
    "static DWORD message_flags;": "message_flags", "static DWORD control;": "control = ",
    "static struct linger linger;": "linger.", "static INT option;": "option = ",
    "static INT size;": "size = ",
    "static fd_set readfds;": "&readfds", "static fd_set writefds;": "&writefds",
    "static fd_set exceptfds;": "&exceptfds", "static struct timeval timeout;": "timeout.",
}
"""What some calls need, and what shows that one of these does."""


def _replay(bodies: list[tuple[int, list[str]]], emitter: Emitter) -> list[str]:
    """Declarations, the calls of other threads as functions, and the calls in their order."""
    text = "\n".join(line for _, body in bodies for line in body)
    declared = [declaration for declaration, sign in _DECLARED.items() if sign in text]
    declared += [f"static SOCKET {name} = INVALID_SOCKET;" for name in emitter.sockets]
    declared += [line for name in emitter.overlapped
                 for line in (f"static WSAOVERLAPPED overlapped_{name};", f"static DWORD flags_{name};")]
    threads = max(thread for thread, _ in bodies)
    if threads > 1:
        declared.append(f"static struct helper threads[{threads + 1}];")
    functions, steps = [], []
    for number, (thread, body) in enumerate(bodies):
        lines = [f"c = &calls[{number}];", *body]
        if thread > 1:
            functions += [f"static void call_{number}(void)", "{", "    struct call *c;", "",
                          *(f"    {line}" for line in lines), "}", ""]
            lines = [f"on_thread(&threads[{thread}], call_{number});"]
        steps += ["", *(f"    {line}" for line in lines)]
    start = [] if emitter.starts_itself else ["    require_start();"]
    return ["/* What the calls use. */", *declared, "", *functions,
            "/* The calls, in the order of the record. */", "static void replay(void)", "{",
            *(["    struct call *c;", ""] if any(thread == 1 for thread, _ in bodies) else []),
            "    describe_entry();", *start, *steps, "}"]

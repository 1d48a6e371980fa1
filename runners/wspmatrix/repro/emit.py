"""Each recorded call as lines of C."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from ..records import Call
from ..text import quoted
from . import arguments as taking
from .arguments import NotReplayable
from .constants import flags
from .text import bytes_literal

_SOCKET = re.compile(r"s([1-9]\d{0,3})")
_ADDRESS = re.compile(r"(?:(\d+\.\d+\.\d+\.\d+)|\[([0-9a-f:]+)\]):(?:0|p([1-9]\d{0,3}))")
_ROOM = re.compile(r"(\d{1,10}) bytes")
OTHER_HANDLES = {"0": "0", "INVALID_SOCKET": "INVALID_SOCKET", "file handle": "file_handle()",
                 "pipe handle": "pipe_handle()", "event handle": "event_handle()",
                 "mutex handle": "mutex_handle()",
                 "never handed out": "(SOCKET)0x5f001230"}
LARGEST_ROOM = 1 << 24


class Emitter:
    """Turns calls into C, one after the other, and remembers what they need to be declared."""

    def __init__(self) -> None:
        self.sockets: dict[str, None] = {}
        self.overlapped: dict[str, None] = {}
        self.notes: dict[str, None] = {}
        self.starts_itself = False
        self._made: set[str] = set()
        self._ports: set[str] = set()
        self._watched: set[str] = set()
        self._of: dict[str, Callable[[dict[str, str], Call], list[str]]] = {
            "WSPSocket": self._socket, "WSPBind": self._bind, "WSPGetSockName": self._name_of,
            "WSPGetPeerName": self._name_of, "WSPListen": self._listen, "WSPAccept": self._accept,
            "WSPConnect": self._connect, "WSPEventSelect": self._event_select,
            "WSPEnumNetworkEvents": self._enum_network_events, "WSPIoctl": self._ioctl,
            "WSPSetSockOpt": self._set_sock_opt, "WSPGetSockOpt": self._get_sock_opt, "WSPSend": self._send,
            "WSPSendTo": self._send, "WSPRecv": self._recv, "WSPRecvFrom": self._recv,
            "WSPSendDisconnect": self._disconnect, "WSPRecvDisconnect": self._disconnect,
            "WSPShutdown": self._shutdown, "WSPCloseSocket": self._close, "WSPSelect": self._select,
            "WSPDuplicateSocket": self._duplicate, "WSPCancelBlockingCall": self._cancel,
            "WSPGetOverlappedResult": self._overlapped_result, "WSPStartup": self._startup,
            "WSPCleanup": self._cleanup, "LoadLibraryExW": self._load, "FreeLibrary": self._unload,
        }

    def lines(self, call: Call) -> list[str]:
        """The statements that make the call; `c` is its struct call."""
        make = self._of.get(call.fn)
        if make is None:
            raise NotReplayable("it is no call that this program knows")
        return make(taking.split(call.args), call)

    def _handle(self, pairs: dict[str, str]) -> str:
        value = pairs.get("s", "")
        if value in OTHER_HANDLES:
            return OTHER_HANDLES[value]
        if not _SOCKET.fullmatch(value):
            raise NotReplayable(f"{quoted(value)} is no socket")
        if value not in self._made:
            raise NotReplayable(f"the record does not hold the call that made {value}")
        return value

    def _new_socket(self, pairs: dict[str, str]) -> str:
        """The variable that takes a new socket; where none was made a spare one."""
        value = pairs.get("out.s", "spare")
        if value != "spare" and not _SOCKET.fullmatch(value):
            raise NotReplayable(f"{quoted(value)} is no name of a socket")
        self._made.add(value)
        self.sockets[value] = None
        return value

    def _made_socket(self, name: str, call: str) -> list[str]:
        return ["begin(c);", f"{name} = {call};", f"end(c, {name} == INVALID_SOCKET ? SOCKET_ERROR : 0);"]

    def _plain(self, fn: str, passed: str) -> list[str]:
        return ["begin(c);", f"end(c, table.lp{fn}({passed}));"]

    def _socket(self, pairs: dict[str, str], call: Call) -> list[str]:
        info = {"entry": "info", "duplicated": "duplicated"}.get(pairs.get("lpProtocolInfo", ""))
        if info is None:
            raise NotReplayable("its protocol information is not in the record")
        return self._made_socket(
            self._new_socket(pairs),
            f"table.lpWSPSocket({info}.iAddressFamily, {info}.iSocketType, {info}.iProtocol, "
            f"&{info}, 0, {flags(pairs.get('dwFlags', '0'))}, &error)")

    def _address(self, value: str) -> str:
        match = _ADDRESS.fullmatch(value)
        if match is None:
            raise NotReplayable(f"the record does not hold the address {quoted(value)}")
        port = "0" if match[3] is None else f"ports[{match[3]}]"
        if match[3] is not None and match[3] not in self._ports:
            raise NotReplayable(f"the port of {value} was not seen before")
        try:
            if match[1]:
                return f"ipv4(0x{int(ipaddress.IPv4Address(match[1])):08x}UL, {port})"
            return f"ipv6({bytes_literal(ipaddress.IPv6Address(match[2]).packed)}, {port})"
        except ValueError:
            raise NotReplayable(f"{quoted(value)} is no address") from None

    def _learn_port(self, value: str) -> list[str]:
        """The port that came back takes the place of the recorded one from now on."""
        match = _ADDRESS.fullmatch(value)
        if match is None or match[3] is None or match[3] in self._ports:
            return []
        self._ports.add(match[3])
        return [f"ports[{match[3]}] = port_here();"]

    def _bind(self, pairs: dict[str, str], call: Call) -> list[str]:
        s = self._handle(pairs)
        return ["begin(c);", f"to = {self._address(pairs.get('name', ''))};",
                f"end(c, table.lpWSPBind({s}, to, address_length, &error));"]

    def _name_of(self, pairs: dict[str, str], call: Call) -> list[str]:
        passed = "address_room((int)sizeof address), &address_length, &error"
        return self._plain(call.fn,
                           f"{self._handle(pairs)}, {passed}") + self._learn_port(pairs.get("out.name", ""))

    def _listen(self, pairs: dict[str, str], call: Call) -> list[str]:
        return self._plain(call.fn, f"{self._handle(pairs)}, {flags(pairs.get('backlog', '5'))}, &error")

    def _accept(self, pairs: dict[str, str], call: Call) -> list[str]:
        if pairs.get("lpfnCondition", "NULL") != "NULL":
            raise NotReplayable("calls were made inside its condition function")
        room = "NULL, NULL" if pairs.get("addrlen", "NULL") == "NULL" else \
            "address_room((int)sizeof address), &address_length"
        s = self._handle(pairs)
        return self._made_socket(self._new_socket(pairs),
                                 f"table.lpWSPAccept({s}, {room}, NULL, 0, &error)") \
            + self._learn_port(pairs.get("out.addr", ""))

    def _connect(self, pairs: dict[str, str], call: Call) -> list[str]:
        s = self._handle(pairs)
        caller = self._wsabuf(pairs.get("lpCallerData", "NULL"))
        callee = self._wsabuf(pairs.get("lpCalleeData", "NULL"))
        return ["begin(c);", f"to = {self._address(pairs.get('name', ''))};",
                f"end(c, table.lpWSPConnect({s}, to, address_length, {caller}, {callee}, NULL, NULL, "
                "&error));"]

    def _event_select(self, pairs: dict[str, str], call: Call) -> list[str]:
        s = self._handle(pairs)
        event = "NULL"
        if pairs.get("hEventObject") == "event":
            event = f"watch_begin(&watches[{self._watch(pairs, begins=True)}], {s})"
        return self._plain(call.fn, f"{s}, {event}, {flags(pairs.get('lNetworkEvents', '0'))}, &error")

    def _watch(self, pairs: dict[str, str], begins: bool) -> str:
        match = _SOCKET.fullmatch(pairs.get("s", ""))
        if match is None or not begins and match[1] not in self._watched:
            raise NotReplayable("its event is not known")
        self._watched.add(match[1])
        return match[1]

    def _enum_network_events(self, pairs: dict[str, str], call: Call) -> list[str]:
        self._handle(pairs)
        wanted = flags(pairs.get("out.lNetworkEvents", "0"))
        return ["begin(c);", f"end(c, watch_look(&watches[{self._watch(pairs, begins=False)}], {wanted}));"]

    def _ioctl(self, pairs: dict[str, str], call: Call) -> list[str]:
        given = pairs.get("lpvInBuffer", "NULL")
        if _ROOM.fullmatch(given) or pairs.get("dwIoControlCode") == "SIO_GET_EXTENSION_FUNCTION_POINTER":
            raise NotReplayable("its input is not in the record")
        room = taking.number(pairs.get("cbOutBuffer", "0"))
        if not 0 <= room <= LARGEST_ROOM:
            raise NotReplayable(f"an output buffer of {room} bytes")
        into = "NULL, 0" if given == "NULL" else "&control, sizeof control"
        out = f"room({room}), {room}" if room else "NULL, 0"
        before = [] if given == "NULL" else [f"control = {taking.number(given)}u;"]
        code = flags(pairs.get("dwIoControlCode", ""))
        return ["begin(c);", *before,
                f"end(c, table.lpWSPIoctl({self._handle(pairs)}, {code}, {into}, {out}, &count, "
                "NULL, NULL, NULL, &error));"]

    def _option(self, pairs: dict[str, str]) -> str:
        return f"{flags(pairs.get('level', ''))}, {flags(pairs.get('optname', ''))}"

    def _set_sock_opt(self, pairs: dict[str, str], call: Call) -> list[str]:
        value = pairs.get("optval", "")
        s, option = self._handle(pairs), self._option(pairs)
        if value.startswith("{"):
            linger = taking.inside(value)
            onoff, seconds = (taking.number(linger.get(key, "")) & 0xFFFF for key in ("l_onoff", "l_linger"))
            return ["begin(c);", f"linger.l_onoff = {onoff};", f"linger.l_linger = {seconds};",
                    f"end(c, table.lpWSPSetSockOpt({s}, {option}, (char *)&linger, sizeof linger, &error));"]
        if value.startswith("hex:"):
            known = taking.known_bytes(value)
            return self._plain(call.fn, f"{s}, {option}, {bytes_literal(known)}, {len(known)}, &error")
        return ["begin(c);", f"option = {taking.number(value)};",
                f"end(c, table.lpWSPSetSockOpt({s}, {option}, (char *)&option, sizeof option, &error));"]

    def _get_sock_opt(self, pairs: dict[str, str], call: Call) -> list[str]:
        return ["begin(c);", "size = 1024;", f"end(c, table.lpWSPGetSockOpt({self._handle(pairs)}, "
                f"{self._option(pairs)}, room(1024), &size, &error));"]

    def _send(self, pairs: dict[str, str], call: Call) -> list[str]:
        s, message = self._handle(pairs), flags(pairs.get("dwFlags", "0"))
        before = [f"data = {self._wsabuf(pairs.get('lpBuffers', ''))};"]
        to = ""
        if call.fn == "WSPSendTo":
            to = "NULL, 0, "
            if pairs.get("lpTo", "NULL") != "NULL":
                before.append(f"to = {self._address(pairs['lpTo'])};")
                to = "to, address_length, "
        return ["begin(c);", *before,
                f"end(c, table.lp{call.fn}({s}, data, 1, &count, {message}, {to}NULL, NULL, NULL, "
                "&error));"]

    def _recv(self, pairs: dict[str, str], call: Call) -> list[str]:
        s = self._handle(pairs)
        if pairs.get("lpCompletionRoutine", "NULL") != "NULL":
            raise NotReplayable("it has a completion routine")
        overlapped = "NULL"
        if pairs.get("lpOverlapped", "NULL") != "NULL":
            self.overlapped[s] = None
            overlapped = f"&overlapped_{s}"
        origin = "address_room((int)sizeof address), &address_length, " if call.fn == "WSPRecvFrom" else ""
        # An overlapped receive writes its flags when it completes: each has its own.
        where = f"flags_{s}" if overlapped != "NULL" else "message_flags"
        return ["begin(c);", f"data = {self._wsabuf(pairs.get('lpBuffers', ''))};",
                f"{where} = {flags(pairs.get('lpFlags', '0'))};",
                f"end(c, table.lp{call.fn}({s}, data, 1, &count, &{where}, {origin}{overlapped}, NULL, NULL, "
                "&error));"]

    def _disconnect(self, pairs: dict[str, str], call: Call) -> list[str]:
        name = "lpOutboundDisconnectData" if call.fn == "WSPSendDisconnect" else "lpInboundDisconnectData"
        pointer = "NULL" if pairs.get("lpErrno") == "NULL" else "&error"
        s = self._handle(pairs)
        return ["begin(c);", f"data = {self._wsabuf(pairs.get(name, ''))};",
                f"end(c, table.lp{call.fn}({s}, data, {pointer}));"]

    def _wsabuf(self, value: str) -> str:
        """A WSABUF pointer as C."""
        if value == "NULL":
            return "NULL"
        if value.startswith("WSABUF on "):
            places = {"no-access page": "(WSABUF *)(void *)no_access()",
                      "straddling page": "straddling_wsabuf()",
                      "unreadable memory": "(WSABUF *)0x10"}
            place = places.get(value.removeprefix("WSABUF on "))
            if place is None:
                raise NotReplayable(f"{quoted(value)} is no place that is known here")
            return place
        pairs = taking.inside(value)
        length = taking.number(pairs.get("len", ""))
        if not 0 <= length <= 0xFFFFFFFF:
            raise NotReplayable(f"a length of {length}")
        make = "read_only_wsabuf" if pairs.get("WSABUF") == "read-only page" else "wsabuf"
        return f"{make}({length}u, {self._buffer(pairs.get('buf', ''), length)})"

    def _buffer(self, value: str, length: int) -> str:
        """What its buf points to, as C."""
        if value == "NULL":
            return "NULL"
        if value == "no-access page":
            return "no_access()"
        if value == "unreadable" or length > LARGEST_ROOM:
            return 'straddling("0123456789abcdef01234567", 24)'
        if value in ("straddling page", "read-only page"):
            self.notes["bytes that were not recorded are made up"] = None
            made = f'some_bytes("", 0, {length})'
            return f"straddling({made}, {max(length - 1, 0)})" if value == "straddling page" else \
                f"read_only({made}, {length})"
        if _ROOM.fullmatch(value):
            return f"room({length})"
        known = taking.known_bytes(value)
        if len(known) < length:
            self.notes["bytes that were not recorded are made up"] = None
        return f"some_bytes({bytes_literal(known)}, {len(known)}, {length})"

    def _shutdown(self, pairs: dict[str, str], call: Call) -> list[str]:
        return self._plain(call.fn, f"{self._handle(pairs)}, {flags(pairs.get('how', ''))}, &error")

    def _close(self, pairs: dict[str, str], call: Call) -> list[str]:
        return self._plain(call.fn, f"{self._handle(pairs)}, &error")

    def _select(self, pairs: dict[str, str], call: Call) -> list[str]:
        lines, passed = ["begin(c);"], []
        for name in ("readfds", "writefds", "exceptfds"):
            value = pairs.get(name, "NULL")
            passed.append("NULL" if value == "NULL" else f"&{name}")
            if value != "NULL":
                lines.append(f"FD_ZERO(&{name});")
                for s in [] if value == "none" else value.split("|"):
                    lines.append(f"{name}.fd_array[{name}.fd_count++] = {self._handle({'s': s})};")
        timeout = "NULL"
        if pairs.get("timeout", "NULL") != "NULL":
            limit = taking.inside(pairs["timeout"])
            lines += [f"timeout.{key} = {taking.number(limit.get(key, ''))};"
                      for key in ("tv_sec", "tv_usec")]
            timeout = "&timeout"
        return [*lines, f"end(c, table.lpWSPSelect(0, {', '.join(passed)}, {timeout}, &error));"]

    def _duplicate(self, pairs: dict[str, str], call: Call) -> list[str]:
        if pairs.get("dwProcessId") != "this process":
            raise NotReplayable("another process had a part in it")
        return self._plain(call.fn, f"{self._handle(pairs)}, GetCurrentProcessId(), &duplicated, &error")

    def _cancel(self, pairs: dict[str, str], call: Call) -> list[str]:
        return self._plain(call.fn, "&error")

    def _overlapped_result(self, pairs: dict[str, str], call: Call) -> list[str]:
        s = self._handle(pairs)
        if s not in self.overlapped:
            raise NotReplayable("its overlapped call is not in the record")
        wait = "TRUE" if pairs.get("fWait") == "TRUE" else "FALSE"
        return ["begin(c);",
                f"end_bool(c, table.lpWSPGetOverlappedResult({s}, &overlapped_{s}, &count, {wait}, "
                "&message_flags, &error));"]

    def _startup(self, pairs: dict[str, str], call: Call) -> list[str]:
        match = re.fullmatch(r"(\d{1,3})\.(\d{1,3})", pairs.get("wVersionRequested", ""))
        if match is None:
            raise NotReplayable("the version that it asked for is not in the record")
        return ["begin(c);", f"end_code(c, start(MAKEWORD({int(match[1]) & 0xFF}, {int(match[2]) & 0xFF})));"]

    def _cleanup(self, pairs: dict[str, str], call: Call) -> list[str]:
        return self._plain(call.fn, "&error")

    def _load(self, pairs: dict[str, str], call: Call) -> list[str]:
        self.starts_itself = True
        return ["begin(c);", "end(c, c->result);"]

    def _unload(self, pairs: dict[str, str], call: Call) -> list[str]:
        return ["begin(c);", "end(c, FreeLibrary(module));"]

"""The service flags of a catalog entry by name, and the statements that show whether it lives up to each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Flag:
    bit: int
    name: str
    shown_by: tuple[str, ...] = ()
    """Statements that can only be kept, or only apply, where the flag tells the truth."""


SERVICE_FLAGS = (
    Flag(0x1, "CONNECTIONLESS", ("SD-08", "RD-08", "X-24")),
    Flag(0x2, "GUARANTEED_DELIVERY", ("SD-20",)),
    Flag(0x4, "GUARANTEED_ORDER", ("SD-12",)),
    Flag(0x8, "MESSAGE_ORIENTED"),
    Flag(0x10, "PSEUDO_STREAM"),
    Flag(0x20, "GRACEFUL_CLOSE", ("SD-12", "SD-20")),
    Flag(0x40, "EXPEDITED_DATA"),
    Flag(0x80, "CONNECT_DATA"),
    Flag(0x100, "DISCONNECT_DATA", ("SD-14", "SD-21", "RD-11")),
    Flag(0x200, "SUPPORT_BROADCAST"),
    Flag(0x400, "SUPPORT_MULTIPOINT"),
    Flag(0x800, "MULTIPOINT_CONTROL_PLANE"),
    Flag(0x1000, "MULTIPOINT_DATA_PLANE"),
    Flag(0x2000, "QOS_SUPPORTED"),
    Flag(0x4000, "INTERRUPT"),
    Flag(0x8000, "UNI_SEND"),
    Flag(0x10000, "UNI_RECV"),
    Flag(0x20000, "IFS_HANDLES"),
    Flag(0x40000, "PARTIAL_MESSAGE"),
    Flag(0x80000, "SAN_SUPPORT_SDP"),
)
"""dwServiceFlags1 of WSAPROTOCOL_INFOW (XP1_...), in the order of their bits."""


def names(flags: int) -> list[str]:
    """The names of the bits that are set; one that is not known as a number."""
    known = [flag.name for flag in SERVICE_FLAGS if flags & flag.bit]
    rest = flags & ~sum(flag.bit for flag in SERVICE_FLAGS)
    return known + ([f"0x{rest:x}"] if rest else [])

"""Which IP addresses a webhook may be sent to: only what anybody on the internet can reach.

A webhook's URL is chosen by a customer, and the sender stands where that customer does not: behind
firewalls, next to metadata services that hand out credentials.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# All that is assigned to be global; what is private, local or multicast in IPv6 lies outside.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# An IPv4 address is in their last 32 bits, and translators on the way send there.
_TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("::ffff:0:0/96"))
# 6to4 and Teredo: nobody's receiver is behind them, and each hides an IPv4 address. And examples
# of documents (RFC 9637), which Python does not know for such.
_NOBODYS = (IPv6Network("2002::/16"), IPv6Network("2001::/32"), IPv6Network("3fff::/20"))
# Where relays into 6to4 were.
_RELAYS = IPv4Network("192.88.99.0/24")


def is_public_address(text: str) -> bool:
    """Whether it is an IP address that is routed globally, and no other is hidden in it."""
    try:
        # Of a scoped address, `fe80::1%eth0`, the scope says nothing.
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return _is_public_v4(address) if isinstance(address, IPv4Address) else _is_public_v6(address)


def _is_public_v4(address: IPv4Address) -> bool:
    return address.is_global and not address.is_multicast and address not in _RELAYS


def _is_public_v6(address: IPv6Address) -> bool:
    if any(address in network for network in _TRANSLATED):
        return _is_public_v4(IPv4Address(int(address) & 0xFFFFFFFF))
    if address not in _GLOBAL_UNICAST or any(address in network for network in _NOBODYS):
        return False
    return address.is_global

"""What a webhook's URL may be, and which addresses are everybody's."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue.domain.json_values import WrongValueError
from accrue.domain.webhooks.addresses import is_public_address
from accrue.domain.webhooks.url import WebhookUrl, parse_webhook_url

PRIVATE = [
    "0.0.0.0",  # noqa: S104
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:10.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:7f00:1::",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "not an address",
    "",
    "2130706433",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "52.95.110.1",
    "172.15.255.255",
    "172.32.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2606:4700:4700::1111",
    "2a00:1450:4001:80b::200e",
]


@pytest.mark.parametrize("text", PRIVATE)
def test_address_that_is_not_everybodys_is_refused(text: str) -> None:
    assert not is_public_address(text)


@pytest.mark.parametrize("text", PUBLIC)
def test_address_of_the_internet_is_public(text: str) -> None:
    assert is_public_address(text)


@given(st.ip_addresses(v=4))
def test_no_spelling_of_an_ipv4_address_is_public_where_it_is_not(address: IPv4Address) -> None:
    number = int(address)
    embedded = [
        IPv6Address(int(IPv6Address("::ffff:0:0")) + number),
        IPv6Address(int(IPv6Address("64:ff9b::")) + number),
    ]

    assert {is_public_address(str(each)) for each in embedded} == {is_public_address(str(address))}
    hidden = [
        IPv6Address(number),
        IPv6Address((0x2002 << 112) + (number << 80) + 1),
        IPv6Address((0x20010000 << 96) + (number ^ 0xFFFFFFFF)),
    ]
    assert not any(is_public_address(str(each)) for each in hidden)


@given(st.ip_addresses())
def test_what_python_takes_for_private_is_never_public(
    address: IPv4Address | IPv6Address,
) -> None:
    if address.is_private or address.is_loopback or address.is_link_local or address.is_multicast:
        assert not is_public_address(str(address))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://example.com", WebhookUrl("https", "example.com", 443, "/")),
        ("https://example.com/", WebhookUrl("https", "example.com", 443, "/")),
        ("HTTPS://Example.COM:8443/a/b", WebhookUrl("https", "example.com", 8443, "/a/b")),
        ("https://example.com:1024/", WebhookUrl("https", "example.com", 1024, "/")),
        ("https://example.com:65535/", WebhookUrl("https", "example.com", 65535, "/")),
        ("https://a-1.example.com?x=1", WebhookUrl("https", "a-1.example.com", 443, "/?x=1")),
        (
            "https://example.com/a?x=%20&y=:@/?",
            WebhookUrl("https", "example.com", 443, "/a?x=%20&y=:@/?"),
        ),
        ("https://xn--bcher-kva.example/", WebhookUrl("https", "xn--bcher-kva.example", 443, "/")),
    ],
)
def test_url_is_taken_apart(text: str, expected: WebhookUrl) -> None:
    assert parse_webhook_url(text) == expected


REFUSED = [
    ("", "is not a URL"),
    ("example.com/x", "is not a URL"),
    ("//example.com/x", "is not a URL"),
    ("https:/example.com", "is not a URL"),
    ("http://example.com/", "does not begin with https://"),
    ("ftp://example.com/", "does not begin with https://"),
    ("file:///etc/passwd", "does not begin with https://"),
    ("https:///path", "has no host name"),
    ("https://user:secret@example.com/", "user name or password"),
    ("https://example.com@10.0.0.1/", "user name or password"),
    ("https://@example.com/", "user name or password"),
    ("https://127.0.0.1/", "names an IP address"),
    ("https://8.8.8.8/", "names an IP address"),
    ("https://127.1/", "names an IP address"),
    ("https://2130706433/", "names an IP address"),
    ("https://0x7f000001/", "names an IP address"),
    ("https://0x7f.1/", "names an IP address"),
    ("https://0177.0.0.01/", "names an IP address"),
    ("https://example.0x7f/", "names an IP address"),
    ("https://[::1]/", "names an IP address"),
    ("https://[::ffff:10.0.0.1]:443/", "names an IP address"),
    ("https://localhost/", "without a dot"),
    ("https://metadata/", "without a dot"),
    ("https://example.com./", "no dot at the end, such as hooks.example.com"),
    ("https://-a.example.com/", "has no host name"),
    ("https://a..example.com/", "has no host name"),
    ("https://exa%6dple.com/", "has no host name"),
    ("https://" + "a" * 64 + ".example.com/", "has no host name"),
    ("https://example.com:0/", "has a port"),
    ("https://example.com:65536/", "has a port"),
    ("https://example.com:1/", "443 or one from 1024 to 65535"),
    ("https://example.com:22/", "443 or one from 1024 to 65535"),
    ("https://example.com:25/", "443 or one from 1024 to 65535"),
    ("https://example.com:80/", "443 or one from 1024 to 65535"),
    ("https://example.com:442/", "443 or one from 1024 to 65535"),
    ("https://example.com:1023/", "443 or one from 1024 to 65535"),
    ("https://example.com:/", "has a port"),
    ("https://example.com:+443/", "has a port"),
    ("https://example.com:443:443/", "has a port"),
    ("https://example.com/#part", "fragment"),
    ("https://example.com#@10.0.0.1/", "fragment"),
    ("https://example.com\\@10.0.0.1/", "backslashes"),
    ("https://exam\tple.com/", "spaces"),
    ("https://example.com/a b", "spaces"),
    ("https://example.com/\r\nHost: x", "spaces"),
    ("https://bücher.example/", "xn--"),
    ("https://example.com/\u2028", "percent-encode"),
    ("https://example.com/%zz", "percent-encoded"),
    ('https://example.com/"', "percent-encoded"),
    ("https://example.com/" + "a" * 2048, "longer than"),
]


@pytest.mark.parametrize(("text", "remedy"), REFUSED)
def test_url_that_could_mean_something_else_is_refused(text: str, remedy: str) -> None:
    with pytest.raises(WrongValueError, match=remedy):
        parse_webhook_url(text)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("http://127.0.0.1:8000/x", "127.0.0.1", 8000),
        ("http://localhost:8000", "localhost", 8000),
        ("http://receiver/", "receiver", 80),
        ("http://receiver:81/", "receiver", 81),
        ("https://10.0.0.1/", "10.0.0.1", 443),
    ],
)
def test_on_ones_own_machine_private_hosts_will_do(text: str, host: str, port: int) -> None:
    parsed = parse_webhook_url(text, allows_private=True)

    assert (parsed.host, parsed.port) == (host, port)


@pytest.mark.parametrize(
    "text",
    [
        "ftp://localhost/",
        "http://u@localhost/",
        "http://127.1/",
        "http://0x7f000001/",
        "http://[::1]/",
    ],
)
def test_also_there_a_url_has_one_meaning(text: str) -> None:
    with pytest.raises(WrongValueError):
        parse_webhook_url(text, allows_private=True)


AWKWARD = st.text(alphabet="htps:/@.#?[]%\\0123456789abcx-_ \t\r\n\u00fc", max_size=40)


@given(AWKWARD | AWKWARD.map(lambda rest: "https://" + rest))
def test_a_host_that_is_accepted_is_a_plain_name(text: str) -> None:
    try:
        parsed = parse_webhook_url(text)
    except WrongValueError:
        return

    assert parsed.scheme == "https"
    assert "." in parsed.host
    assert parsed.port == 443 or parsed.port >= 1024
    assert set(parsed.host) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.")
    assert not parsed.host.rpartition(".")[2].isdecimal()
    assert f"//{parsed.host}" in text.lower()
    assert parsed.target.startswith("/")
    assert not set(parsed.target) & set("#\\ \t\r\n")
    with pytest.raises(ValueError, match="does not appear"):
        ip_address(parsed.host)

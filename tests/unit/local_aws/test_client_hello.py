"""What a client offers is read from its first words, which any program may have written."""

from __future__ import annotations

import ssl

import pytest

from lab_utils.local_aws.client_hello import RECORD_HEADER, offered_protocols, record_length


def first_words(protocols: list[str], name: str = "localhost") -> bytes:
    context = ssl.create_default_context()
    if protocols:
        context.set_alpn_protocols(protocols)
    received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(received, sent, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return sent.read()


@pytest.mark.parametrize("protocols", [[], ["x-amzn-mqtt-ca"], ["h2", "http/1.1"], ["a" * 255]])
def test_the_protocols_are_those_that_the_client_offers(protocols: list[str]) -> None:
    words = first_words(protocols)
    header, record = words[:RECORD_HEADER], words[RECORD_HEADER:]
    assert record_length(header) == len(record)
    assert offered_protocols(record) == [name.encode() for name in protocols]


def test_words_that_end_too_early_offer_nothing() -> None:
    record = first_words(["mqtt"])[RECORD_HEADER:]
    assert [offered_protocols(record[:end]) for end in range(0, len(record), 7)] == [
        [] for _ in range(0, len(record), 7)
    ]


@pytest.mark.parametrize("words", [b"GET /", b"\x16\x02\x00\x00\x05", b"\x17\x03\x01\x00\x05", b""])
def test_what_is_no_tls_has_no_record(words: bytes) -> None:
    assert record_length(words) == 0
    assert offered_protocols(words) == []

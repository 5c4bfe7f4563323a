import time
from threading import Thread

import pytest

from kgbuilder.channel import Channel, ChannelClosedError


def test_items_arrive_in_order_while_the_sender_waits_for_room() -> None:
    channel: Channel[int] = Channel(items=3, weight=100)
    most = 0

    def send() -> None:
        for i in range(50):
            channel.put(i, weight=1)
        channel.close()

    sender = Thread(target=send)
    sender.start()
    received = []
    with pytest.raises(ChannelClosedError):
        while True:
            time.sleep(0.001)
            most = max(most, len(channel._queue))
            received.append(channel.get())
    sender.join()
    assert received == list(range(50))
    assert most <= 3


def test_weight_is_bounded_but_a_heavy_item_passes_alone() -> None:
    channel: Channel[str] = Channel(items=10, weight=5)
    channel.put("heavier than all", weight=50)
    sender = Thread(target=channel.put, args=("next", 1))
    sender.start()
    sender.join(0.05)
    assert sender.is_alive()
    assert channel.get() == "heavier than all"
    sender.join(5)
    assert channel.get_nowait() == "next"
    assert channel.get_nowait() is None


def test_abort_drops_what_waits_and_frees_a_waiting_sender() -> None:
    channel: Channel[int] = Channel(items=1, weight=10)
    channel.put(1)
    outcome: list[str] = []

    def send() -> None:
        try:
            channel.put(2)
        except ChannelClosedError:
            outcome.append("closed")

    sender = Thread(target=send)
    sender.start()
    channel.abort()
    sender.join(5)
    assert outcome == ["closed"]
    with pytest.raises(ChannelClosedError):
        channel.get()

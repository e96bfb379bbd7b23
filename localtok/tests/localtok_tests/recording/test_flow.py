"""Which streams media arrives from, by numbers of packets that are looked at again and again."""

from localtok.recording.receive.flow import Flow


def test_a_stream_arrives_from_its_first_packet_until_it_has_been_silent_for_long_enough() -> None:
    flow = Flow(patience=3)
    seen = []
    for packets in (0, 0, 1, 2, 2, 2, 2, 3):
        flow.look({"ann": packets})
        seen.append(flow.arrives("ann"))
    assert seen == [False, False, True, True, True, True, False, True]


def test_one_is_silent_while_another_is_heard() -> None:
    flow = Flow(patience=2)
    for packets in (1, 1, 1):
        flow.look({"ann": packets, "ben": packets * 10})
    flow.look({"ann": 2, "ben": 10})
    assert (flow.arrives("ann"), flow.arrives("ben")) == (True, False)


def test_who_is_not_received_any_more_does_not_arrive() -> None:
    flow = Flow(patience=3)
    flow.look({"ann": 5})
    flow.look({})
    assert not flow.arrives("ann")
    assert not Flow(patience=3).arrives("nobody")

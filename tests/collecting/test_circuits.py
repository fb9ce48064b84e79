from pixonomy.collecting.circuits import RUN_SECONDS, Circuit


def test_it_opens_after_a_while_and_the_second_time_not_in_this_run() -> None:
    circuit = Circuit()
    assert circuit.wait() == 0
    circuit.close("no connection")
    assert 50 < circuit.wait() <= 60
    circuit.close("no connection")
    assert circuit.wait() > RUN_SECONDS - 10
    assert not circuit.is_asked


def test_a_time_that_the_host_named_is_kept_to() -> None:
    circuit = Circuit()
    circuit.close("busy", 5)
    assert 4 < circuit.wait() <= 5
    assert (circuit.is_asked, circuit.failures) == (True, 0)

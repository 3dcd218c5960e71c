"""Leases of runs: heartbeat, claim and fencing, whatever happens to the process."""

import signal
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from uuid import uuid4

import pytest
from sqlalchemy import text

from content_pipeline.core.infrastructure.database import UNREACHABLE, transaction
from content_pipeline.core.tasks import leases
from content_pipeline.core.tasks.leases import Begin, Heartbeat, Stopped
from tests.polling import until

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def run_id() -> str:
    return str(uuid4())


@pytest.fixture
def subject() -> str:
    return f"caption:{uuid4()}"


def begin(run_id: str) -> str:
    assert leases.begin(run_id, "media@test") is Begin.BEGUN
    return run_id


def heartbeat(run_id: str) -> Heartbeat:
    return Heartbeat(run_id, max_seconds=3600, on_overdue=lambda: None)


def silence(run_id: str) -> None:
    """Let the run's last heartbeat be long past."""
    with transaction() as session:
        session.execute(
            text("update executions set beat_at = beat_at - interval '1 minute' where run_id = :run"), {"run": run_id}
        )


def stop(run_id: str) -> bool:
    with transaction() as session:
        return leases.stop(session, run_id)


def test_a_run_begins_once_however_many_messages_come(run_id: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        begun = list(pool.map(lambda _: leases.begin(run_id, "media@test"), range(16)))
    assert sorted(answer.value for answer in begun) == ["begun"] + ["duplicate"] * 15


def test_a_run_canceled_before_it_began_does_not_begin(run_id: str) -> None:
    assert stop(run_id) is False
    assert leases.begin(run_id, "media@test") is Begin.CANCELED


def test_a_run_canceled_at_work_is_not_begun_again_by_a_second_message(run_id: str) -> None:
    begin(run_id)
    assert stop(run_id) is True
    assert leases.begin(run_id, "media@test") is Begin.DUPLICATE


def test_of_many_runs_one_claims_the_subject(subject: str) -> None:
    rivals = [begin(str(uuid4())) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        claimed = list(pool.map(lambda run: leases.claim(run, subject), rivals))
    assert claimed.count(True) == 1


def test_the_next_step_of_a_run_claims_its_subject_again(run_id: str, subject: str) -> None:
    begin(run_id)
    assert leases.claim(run_id, subject)
    assert leases.claim(run_id, subject)


def test_a_subject_is_free_once_its_run_has_ended(run_id: str, subject: str) -> None:
    leases.claim(begin(run_id), subject)
    leases.end(run_id)
    assert leases.claim(begin(str(uuid4())), subject)


def test_a_dead_owner_is_fenced_off_by_the_next_claim(run_id: str, subject: str) -> None:
    leases.claim(begin(run_id), subject)
    silence(run_id)
    assert leases.claim(begin(str(uuid4())), subject)
    with pytest.raises(Stopped), leases.fenced(run_id):
        pass


def test_a_run_with_heartbeats_is_not_marked_dead(run_id: str) -> None:
    assert leases.mark_if_dead(begin(run_id)) is False


def test_a_run_that_ended_in_its_worker_but_not_in_dagster_counts_as_dead(run_id: str) -> None:
    leases.end(begin(run_id))
    assert leases.mark_if_dead(run_id) is True


def test_a_run_marked_dead_writes_nothing_when_it_wakes(run_id: str) -> None:
    begin(run_id)
    silence(run_id)
    assert leases.mark_if_dead(run_id) is True
    with pytest.raises(Stopped), leases.fenced(run_id):
        pytest.fail("the fence let a dead run in")


def test_a_stopped_run_claims_nothing(run_id: str, subject: str) -> None:
    begin(run_id)
    stop(run_id)
    with pytest.raises(Stopped):
        leases.claim(run_id, subject)


def test_stopping_a_run_waits_for_its_write_to_commit(run_id: str) -> None:
    begin(run_id)
    written = Event()
    with ThreadPoolExecutor(1) as pool:
        with leases.fenced(run_id):
            stopping = pool.submit(lambda: (stop(run_id), written.is_set()))
            assert not stopping.done()
            written.set()
        assert stopping.result() == (True, True)


def test_a_worker_that_shuts_down_stops_its_own_runs_only(subject: str) -> None:
    mine, other = str(uuid4()), str(uuid4())
    worker = f"media@{uuid4()}"
    leases.begin(mine, worker)
    leases.begin(other, "media@elsewhere")
    leases.claim(mine, subject)
    with transaction() as session:
        assert leases.stop_worker(session, worker) == [subject]
        assert leases.live_runs(session, [mine, other]) == {other}


@pytest.mark.slow
def test_the_heartbeat_interrupts_a_run_that_is_fenced_off(run_id: str) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with heartbeat(begin(run_id)):
            stop(run_id)
            with pytest.raises(KeyboardInterrupt):
                Event().wait(30)
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.slow
def test_the_heartbeat_keeps_a_run_alive(run_id: str) -> None:
    begin(run_id)
    silence(run_id)
    with heartbeat(run_id):
        while not _has_beaten(run_id):
            Event().wait(0.05)
    assert leases.mark_if_dead(run_id) is False


@pytest.mark.slow
def test_the_heartbeat_says_so_when_a_run_takes_too_long(run_id: str) -> None:
    said = Event()
    begin(run_id)
    with Heartbeat(run_id, max_seconds=0, on_overdue=said.set):
        assert said.wait(30)


def _has_beaten(run_id: str) -> bool:
    with transaction() as session:
        query = text("select beat_at > clock_timestamp() - interval '10 s' from executions where run_id = :run")
        return bool(session.execute(query, {"run": run_id}).scalar())


@pytest.mark.slow
def test_the_heartbeat_goes_on_when_the_server_ends_its_session(run_id: str) -> None:
    begin(run_id)
    silence(run_id)
    # Holding the row keeps a beat in its statement, where the server can end it.
    with heartbeat(run_id), transaction() as holder:
        holder.execute(text("select 1 from executions where run_id = :run for update"), {"run": run_id})
        until(_end_a_waiting_heartbeat, seconds=30, what="a beat")
        holder.commit()
        until(lambda: _has_beaten(run_id), seconds=30, what="the next beat")


def _end_a_waiting_heartbeat() -> bool:
    with transaction() as session:
        query = text(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where wait_event_type = 'Lock' and query like 'UPDATE executions%'"
        )
        return bool(session.execute(query).first())


def test_a_session_that_idled_too_long_in_a_transaction_counts_as_an_unreachable_database() -> None:
    with transaction() as session:
        session_id = session.scalar(text("select pg_backend_pid()"))
        session.execute(text("set local idle_in_transaction_session_timeout = '1ms'"))
        until(lambda: not _is_connected(session_id), seconds=30, what="the end of the session")
        with pytest.raises(UNREACHABLE):
            session.execute(text("select 1"))
        session.rollback()


def _is_connected(session_id: int) -> bool:
    with transaction() as session:
        query = text("select count(*) from pg_stat_activity where pid = :pid")
        return bool(session.scalar(query, {"pid": session_id}))


def test_a_released_subject_is_free_while_its_run_ends(run_id: str, subject: str) -> None:
    leases.claim(begin(run_id), subject)
    with transaction() as session:
        leases.release(session, run_id)
    assert leases.claim(begin(str(uuid4())), subject)


def test_a_row_that_its_run_could_not_delete_is_swept(run_id: str) -> None:
    begin(run_id)
    with transaction() as session:
        session.execute(
            text("update executions set beat_at = beat_at - interval '2 days' where run_id = :run"), {"run": run_id}
        )
        leases.sweep(session)
        assert leases.begun_runs(session, [run_id]) == set()

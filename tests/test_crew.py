"""Results in the order of the jobs, the first failure, one call of the watcher at the end."""

import threading

import pytest

from mcdemand.crew import available_threads, do_jobs


@pytest.mark.parametrize("threads", [1, 2, 7])
@pytest.mark.parametrize("count", [0, 1, 50])
def test_results_keep_the_order_of_the_jobs(threads, count):
    assert do_jobs(lambda job: job * job, range(count), threads) == [job * job for job in range(count)]


@pytest.mark.parametrize("threads", [1, 3])
def test_the_first_failure_is_raised(threads):
    def work(job):
        if job >= 5:
            raise ValueError(job)
        return job

    with pytest.raises(ValueError, match=r"^5$"):
        do_jobs(work, range(100), threads)


def test_the_others_stop_after_a_failure():
    started = []

    def work(job):
        started.append(job)
        if job == 0:
            raise ValueError(job)

    with pytest.raises(ValueError, match=r"^0$"):
        do_jobs(work, range(10_000), 2)
    assert len(started) < 10_000
    assert [thread for thread in threading.enumerate() if thread.daemon and "_labour" in thread.name] == []


@pytest.mark.parametrize("threads", [1, 2])
def test_a_watcher_sees_all_results_at_the_end(threads):
    seen = []
    do_jobs(lambda job: job, range(30), threads, lambda results: seen.append(sorted(results)))
    assert seen[-1] == list(range(30))


def test_a_single_thread_is_the_calling_one():
    assert do_jobs(lambda _job: threading.get_ident(), range(3), 1) == [threading.get_ident()] * 3


def test_at_least_one_thread_is_available():
    assert available_threads() >= 1

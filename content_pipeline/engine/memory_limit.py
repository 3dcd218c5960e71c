"""Memory limit of a worker process (RLIMIT_DATA), above which its work ends with MemoryError."""

import resource

import structlog

log = structlog.get_logger()


def limit_memory(megabytes: int) -> None:
    """Limit what this process and its children may write to. Where the system refuses a limit, go on without it.

    Not the address space, of which threads and libraries reserve gigabytes. A process that the kernel kills instead is
    a lost worker, whose row is tried again.
    """
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    wanted = megabytes << 20
    try:
        resource.setrlimit(
            resource.RLIMIT_DATA, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard)
        )
    except (OSError, ValueError) as error:
        log.warning("memory_unlimited", reason=str(error))

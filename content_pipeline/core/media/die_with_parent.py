"""A script: `python die_with_parent.py PARENT COMMAND…` execs COMMAND, which is killed when process PARENT dies.

PR_SET_PDEATHSIG fires when the *thread* that started the process ends, so that thread has to wait for it, as
`ffmpeg.run` does. The alternative, `preexec_fn`, runs Python between fork and exec in a process with threads
(Whisper's, the heartbeat's), where a lock that one of them holds is never released, and it copies the page tables
of a process of half a gigabyte. This script costs 10 ms.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1

if __name__ == "__main__":
    parent, *command = sys.argv[1:]
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):  # it died before the call above
        sys.exit("the parent is gone")
    os.execv(command[0], command)  # noqa: S606 - arguments of our own, and no shell is wanted

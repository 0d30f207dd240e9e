"""Runs a command at a terminal of its own, presses Ctrl-C once the screen says a text, and exits with the command's code.

Arguments: the text, then the command.
"""

import os
import pty
import sys

pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
screen = b""
pressed = False
while True:
    try:
        chunk = os.read(terminal, 4096)
    except OSError:
        break
    if not chunk:
        break
    screen += chunk
    if not pressed and sys.argv[1].encode() in screen:
        os.write(terminal, b"\x03")
        pressed = True
sys.stdout.buffer.write(screen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

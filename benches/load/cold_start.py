"""cold_start.py WAVETANK: milliseconds from start to the first answer, and kilobytes resident when idle, ten times."""

import socket
import subprocess
import sys
import time

PORT = 45661
REQUEST = b"GET /_wavetank/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


def answers():
    try:
        with socket.create_connection(("127.0.0.1", PORT), timeout=1) as connection:
            connection.sendall(REQUEST)
            return connection.recv(100).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


for _ in range(10):
    begin = time.perf_counter()
    tank = subprocess.Popen([sys.argv[1], "serve", "--port", str(PORT)], stdout=subprocess.DEVNULL)
    while not answers() and tank.poll() is None:
        time.sleep(0.0005)
    elapsed = (time.perf_counter() - begin) * 1000
    time.sleep(0.3)
    with open(f"/proc/{tank.pid}/status") as status:
        resident = next(line.split()[1] for line in status if line.startswith("VmRSS"))
    print(f"{elapsed:.1f} ms  {resident} kB")
    tank.terminate()
    tank.wait()

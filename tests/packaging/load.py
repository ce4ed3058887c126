"""Asks one address from several connections that are kept open, until a file appears; prints how many answers came and what failed.

Nothing is tried again: a connection that breaks without having said `connection: close` is a failure.
"""

import http.client
import os
import sys
import threading

port, path, token, stop = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
answers, failures = [], []


def ask(keep: bool) -> None:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    if not keep:
        headers["connection"] = "close"
    connection = None
    while not os.path.exists(stop):
        try:
            if connection is None:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            (answers if answer.status == 200 else failures).append(answer.status)
            if answer.will_close:
                connection.close()
                connection = None
        except Exception as error:  # whatever it is, a client saw it
            failures.append(repr(error))
            connection = None


threads = [threading.Thread(target=ask, args=(number % 2 == 0,)) for number in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(f"{len(answers)} answers, {len(failures)} failures {failures[:5]}")
sys.exit(0 if answers and not failures else 1)

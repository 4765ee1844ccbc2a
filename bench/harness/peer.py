"""The other end of side-by-side.mjs: serves requests, a line of JSON each."""
import base64
import json
import sys
import time

import numpy as np


def array(packed):
    """A typed array of the request, one-dimensional."""
    dtype = packed["dtype"].replace("uint8clamped", "uint8")
    return np.frombuffer(base64.b64decode(packed["base64"]), dtype=dtype).copy()


def packed(values):
    return {"base64": base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()}


def timed(work):
    """What the work gives, and its milliseconds."""
    start = time.perf_counter()
    result = work()
    return result, (time.perf_counter() - start) * 1000


def timed_on_processor(work):
    """The same in milliseconds of processor time: on a busy machine, what one thread would take on a quiet one."""
    start = time.process_time()
    result = work()
    return result, (time.process_time() - start) * 1000


def serve(answer):
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)

# A plain cache of vectors with redis-py: reads lines of JSON, the task first, then one for each round; answers with lines of JSON.
import json, sys, time


def answer(value):
    print("@" + json.dumps(value), flush=True)


task = json.loads(sys.stdin.readline())
try:
    import hashlib
    import numpy, redis

    client = redis.Redis.from_url(task["url"])
    client.ping()
    texts = [f"text number {i}".encode() for i in range(task["count"])]
    vectors = numpy.sin(numpy.add.outer(numpy.arange(task["count"]), numpy.arange(task["dim"]))).astype(numpy.float32)
except Exception as error:
    answer({"error": repr(error)[:300]})
    sys.exit(1)
piece = 1024


def name(text):
    return f"{task['prefix']}:{hashlib.sha256(text).hexdigest()}"


def put(pipelined):
    for start in range(0, len(texts), piece):
        rows = range(start, min(start + piece, len(texts)))
        if pipelined:
            pipeline = client.pipeline(transaction=False)
            for row in rows:
                pipeline.set(name(texts[row]), vectors[row].tobytes())
            pipeline.execute()
        else:
            client.mset({name(texts[row]): vectors[row].tobytes() for row in rows})


def get():
    found = []
    for start in range(0, len(texts), piece):
        values = client.mget([name(text) for text in texts[start : start + piece]])
        found += [numpy.frombuffer(value, numpy.float32).copy() for value in values]
    return found


def clear():
    for start in range(0, len(texts), piece):
        client.unlink(*[name(text) for text in texts[start : start + piece]])


def timed(work):
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


answer({"ready": redis.__version__})
for _ in sys.stdin:
    made = {"SET": timed(lambda: put(True))}
    clear()
    made["MSET"] = timed(lambda: put(False))
    made["MGET"] = timed(get)
    clear()
    answer(made)

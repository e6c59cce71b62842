"""Measures the Bloom filter in ./bloom.py: python3 /srv/measure.py WHAT [PLATES [P]].

WHAT is places, members, strangers, memory, file, reload or compare. PLATES says how
many plates stand on the list (30000), P which share of strangers may be held up (0.01).

Every measurement runs bloom.py in a process of its own and counts here, outside it.
"""

import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import tracemalloc

STRANGERS = 20_000


def plates(count, seed):
    """Gives count different plates, always the same ones for a seed."""
    dice = random.Random(seed)
    found = {}
    while len(found) < count:
        state = dice.choice(["TN", "TN", "TN", "KA", "KL", "AP", "PY"])
        letters = dice.choice("ABCDEFGHJKLMNPRSTUVWXYZ") + dice.choice("ABCDEFGHJKLMNPRSTUVWXYZ")
        found[f"{state} {dice.randint(1, 99):02} {letters} {dice.randint(1, 9999):04}"] = True
    return list(found)


def run(folder, **job):
    """Lets a fresh process do a job with the bloom.py of the folder."""
    done = subprocess.run([sys.executable, __file__, "worker"], input=json.dumps(job),
                          stdout=subprocess.PIPE, text=True, cwd=folder, check=False)
    if done.returncode != 0:
        sys.exit(1)  # Python has said why.
    return json.loads(done.stdout)


def work():
    """Does one job with the learner's functions."""
    job = json.load(sys.stdin)
    result = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # What bloom.py prints does not mix with the result.
    sys.path.insert(0, os.getcwd())
    import bloom

    told = {}
    if "places" in job:
        told["places"] = [bloom.places(key, job["m"], job["k"]) or [] for key in job["places"]]
    if "add" in job:
        if job.get("weigh"):
            tracemalloc.start()
        mine = bloom.new(job["n"], job["p"])
        for plate in job["add"]:
            bloom.add(mine, plate)
        told["memory"] = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
    if "save" in job:
        bloom.save(mine, job["save"])
    if "load" in job:
        mine = bloom.load(job["load"])
    if "ask" in job:
        told["yes"] = [bool(bloom.contains(mine, plate)) for plate in job["ask"]]
    json.dump(told, result)
    result.close()


class List:
    """A list of n plates, and others that are not on it, for a filter of a given aim."""

    def __init__(self, n, p):
        everybody = plates(n + STRANGERS, seed=n)
        self.n, self.p, self.listed, self.strangers = n, p, everybody[:n], everybody[n:]
        self.queue = everybody[:]
        random.Random(n + 1).shuffle(self.queue)
        self.bytes = -n * math.log(p) / math.log(2) ** 2 / 8

    def built(self, **more):
        return run(".", n=self.n, p=self.p, add=self.listed, **more)

    def judge(self, yes):
        """Counts listed plates that were missed, and strangers that were held up."""
        called = {plate for plate, answer in zip(self.queue, yes) if answer}
        return (sum(plate not in called for plate in self.listed),
                sum(plate in called for plate in self.strangers))

    def report_missed(self, missed):
        print(f"{self.n} plates on the list, missed: {missed}")

    def report_held(self, held):
        print(f"{STRANGERS} strangers, held up: {held}, that is {100 * held / STRANGERS:.2f} %")


def measure_places(n, p):
    keys = plates(500, seed=7)
    one, two = (run(".", places=keys + keys, m=100_000, k=7)["places"] for _ in range(2))
    print("lamps for each plate:", *sorted({len(found) for found in one}))
    print("lamps outside 0 to 99999:", sum(not 0 <= lamp < 100_000 for found in one for lamp in found))
    print("asked again in the same program:", "the same" if one[:500] == one[500:] else "other lamps")
    print("asked again in another program:", "the same" if one == two else "other lamps")
    apart = sum(len(set(found)) for found in one) / len(one)
    print(f"different ones among seven, on average: {apart:.2f}")
    print("different plates that share all lamps:", 500 - len({tuple(sorted(found)) for found in one[:500]}))


def measure_members(n, p):
    today = List(n, p)
    yes = today.built(ask=today.listed)["yes"]
    today.report_missed(yes.count(False))


def measure_strangers(n, p):
    today = List(n, p)
    today.report_held(today.judge(today.built(ask=today.queue)["yes"])[1])


def measure_memory(n, p):
    today = List(n, p)
    taken = today.built(weigh=True)["memory"]
    print(f"the lamps need {today.bytes:.0f} bytes, the filter takes {taken}, that is {taken / today.bytes:.2f} times as much")


def measure_file(n, p):
    today = List(n, p)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "list.bloom")
        today.built(save=path)
        taken = os.path.getsize(path)
    print(f"the lamps need {today.bytes:.0f} bytes, the file has {taken}, that is {taken / today.bytes:.2f} times as much")


def measure_reload(n, p):
    today = List(n, p)
    with tempfile.TemporaryDirectory() as there:
        shutil.copy("bloom.py", there)
        path = os.path.join(there, "list.bloom")
        today.built(save=path)
        missed, held = today.judge(run(there, load=path, ask=today.queue)["yes"])
    today.report_missed(missed)
    today.report_held(held)


def measure_compare(n, p):
    today = List(n, p)
    tracemalloc.start()
    listed = set(plates(n, seed=n))
    as_set = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    print(f"a set of {len(listed)} plates: {as_set / 1000:.0f} KB, nobody is held up without reason")
    print(f"your filter:           {today.built(weigh=True)['memory'] / 1000:.0f} KB")
    for times in 1, 2, 4:
        more = List(n * times, p)
        yes = run(".", n=n, p=p, add=more.listed, ask=more.queue)["yes"]
        print(f"with {n * times:>7} plates in it: ", end="")
        more.report_held(more.judge(yes)[1])


def main():
    if sys.argv[1:] == ["worker"]:
        return work()
    what, n, p = (sys.argv[1:] + [None] * 3)[:3]
    measure = globals().get(f"measure_{what}")
    if measure is None:
        sys.exit(__doc__)
    measure(int(n or 30_000), float(p or 0.01))


main()

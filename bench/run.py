"""One run, one table: `python -m bench.run [--only W1,W2] [--skip-peers]`.

The bare loop, ours and every peer do the same work on the same tape, one after another on the same machine.
Each is the best of several after a run that is not counted. Nothing is asserted about time. "answer" says
whether the profit (to the tick) and the number of fills are those of the bare loop; where they are not, by
how much. Start-up and memory are measured last (`bench.startup`, `bench.memory_use`) unless works were chosen.
"""

import argparse
import datetime as dt
import json
import platform
import subprocess

from bench import loops, memory_use, ours, startup, sweeps, table, tape
from bench.cache import ROOT, cache_folder
from bench.peers.environments import environment
from bench.works import best_of

ROWS = {"W1": tape.BARS, "W2": tape.BARS, "W4": tape.QUOTES, "W1 plain": tape.BARS, "B": tape.BARS, "W3": tape.BARS,
        "B x 1000": tape.BARS}  # fmt: skip
OURS = {"W1": ours.w1, "W2": ours.w2, "W4": ours.w4, "W1 plain": ours.plain_w1, "B": ours.strategy_b, "W3": sweeps.w3,
        "B x 1000": sweeps.b_many}  # fmt: skip
# Fewer rows than the work has, where the whole would take minutes: the time is then scaled, and says so.
PEERS = {
    "W1": [("vectorbt", tape.BARS, 7), ("nautilus", 200_000, 2)],
    "W2": [("vectorbt", tape.BARS, 7), ("nautilus", tape.BARS, 1)],
    "W4": [("hftbacktest", tape.QUOTES, 3), ("nautilus", 1_000_000, 3)],
    "W1 plain": [("backtesting", tape.BARS, 2)],
    "B": [],
    "W3": [("vectorbt", tape.BARS, 1)],
    "B x 1000": [],
}
LOOP_OF = {"W1": "W1", "W2": "W2", "W4": "W4", "W1 plain": "W1", "B": "W2", "W3": "W3", "B x 1000": "W2"}
REPEAT = 25
OUR_REPEAT = {"W1": 40, "W2": 40, "W4": 12, "W1 plain": 3, "B": 20, "W3": 3, "B x 1000": 1}


def bare_loop(work):
    """Return the measurement of the bare Numba loop; "B" is set against W2's, "W1 plain" against W1's."""
    rows = tape.tape_of(LOOP_OF[work], ROWS[work])
    seconds, (profit, fills) = best_of(lambda _: loops.run(LOOP_OF[work], rows), REPEAT)
    told = {
        "engine": "bare Numba loop",
        "rows": ROWS[work],
        "seconds": seconds,
        "note": f"{LOOP_OF[work]}'s loop",
    }
    return told | {"profit": profit, "fills": fills, "version": ""}


def our_run(work):
    """Return the measurement of ours, or a line that says why there is none."""
    told = {"engine": "Tradewind", "rows": ROWS[work], "version": ""}
    try:
        ready = OURS[work]()
    except ImportError as error:
        return told | {"note": str(error)}
    seconds, answer = best_of(lambda _: ready.run(), OUR_REPEAT[work])
    profit, fills = answer or (None, None)
    told |= {"rows": ready.rows or ROWS[work], "note": ready.note}
    told |= {"rule": ready.rule} if ready.rule else {}
    return told | {"seconds": seconds, "profit": profit, "fills": fills}


def peer_runs(work, peer, rows, repeat):
    """Return the measurements a peer prints, one per engine it has, or a line that says why there is none."""
    name = LOOP_OF[work]
    told = {"engine": peer, "rows": rows, "version": ""}
    command = ("-m", f"bench.peers.{peer}", name, "--rows", str(rows), "--repeat", str(repeat))
    try:
        done = subprocess.run(
            (environment(peer), *command), cwd=ROOT, check=True, capture_output=True, text=True, timeout=1800
        )
    except subprocess.CalledProcessError as error:
        said = (error.stderr or str(error)).strip().splitlines()
        return [told | {"note": f"failed: {said[-1] if said else error}"}]
    except (OSError, subprocess.TimeoutExpired) as error:
        return [told | {"note": f"failed: {error}"}]
    return [told | json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def checked(line, work):
    """Return the measurement scaled to the whole work, its answer set against the loop's on the same rows."""
    if "seconds" not in line:
        return line
    whole = ROWS[work]
    line = line | {"work_seconds": line["seconds"] * whole / line["rows"]}
    if line["rows"] != whole:
        line["note"] = f"ran {line['rows']:,} rows, time scaled; {line['note']}".rstrip("; ")
    if line["profit"] is None or work.startswith("B"):
        return line | {"answer": ""}
    rule = line.get("rule", LOOP_OF[work])
    profit, fills = loops.run(rule, tape.tape_of(LOOP_OF[work], line["rows"]))
    off = (round(line["profit"] - profit, 1), line["fills"] - fills)
    return line | {"answer": "same" if off == (0, 0) else f"{off[0]:+g} ticks, {off[1]:+d} fills"}


def measure(work, *, peers):
    """Return every measurement of one work."""
    # The loop is over in a moment, so it is measured again after ours: a busy moment must not flatter us.
    lines = [bare_loop(work), our_run(work), bare_loop(work)]
    lines[0]["seconds"] = min(lines[0]["seconds"], lines.pop()["seconds"])
    for peer, rows, repeat in PEERS[work] if peers else ():
        lines += peer_runs(work, peer, rows, repeat)
    return [checked(line, work) for line in lines]


def main():
    """Print the table and keep it as JSON in the cache folder."""
    parser = argparse.ArgumentParser(prog="bench.run")
    parser.add_argument("--only", help=f"works to run, separated by commas, out of {', '.join(ROWS)}")
    parser.add_argument("--skip-peers", action="store_true", help="only the bare loops and ours")
    told = parser.parse_args()
    wanted = told.only.split(",") if told.only else list(ROWS)
    if unknown := [work for work in wanted if work not in ROWS]:
        parser.error(f"no such work: {', '.join(unknown)}; there are {', '.join(ROWS)}")
    results = {}
    for work in wanted:
        results[work] = measure(work, peers=not told.skip_peers)
        table.show(work, ROWS[work], results[work])
    if not told.only:
        print("Start-up")
        startup.measure(5, with_cold=True)
        print("\nMemory")
        memory_use.measure()
    now = dt.datetime.now(dt.UTC)
    kept = {"when": now.isoformat(timespec="seconds"), "machine": platform.platform(), "results": results}
    path = cache_folder() / f"results-{now:%Y%m%dT%H%M%S}.json"
    path.write_text(json.dumps(kept, indent=1) + "\n")
    print(f"kept as {path}")


if __name__ == "__main__":
    main()

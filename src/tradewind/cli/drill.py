"""The verb that proves it: processes killed for real, and what both sides say afterwards."""

import json
import signal
from typing import Annotated

import typer

from tradewind.cli.options import AsJson

app = typer.Typer()


@app.command("drill")
def drill(
    name: Annotated[
        str, typer.Argument(help="kill (the trader), venue (killed), cut (streams), restore (a backup) or all.")
    ] = "kill",
    cycles: Annotated[int, typer.Option(help="How many faults.", min=1)] = 10,
    seed: Annotated[int, typer.Option(help="Of the moments at which they strike.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Trade at a simulated venue here, break things for real, and prove that nothing was lost, doubled or left bare."""
    from tradewind.drills.drill import DRILLS
    from tradewind.drills.drill import drill as run

    def say(line: str) -> None:
        typer.echo(line, err=True)

    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))  # its processes are ended as by Ctrl-C
    results = [run(one, cycles, seed, say) for one in (DRILLS if name == "all" else [name])]
    told = [
        {
            "drill": one.name, "cycles": one.cycles, "ready_p50_s": round(one.percentile(0.5), 3),
            "ready_p99_s": round(one.percentile(0.99), 3), "ready_max_s": round(one.seconds[-1], 3),
            **one.proof._asdict(), "passed": one.proof.passed,
        }
        for one in results
    ]  # fmt: skip
    if as_json:
        typer.echo(json.dumps(told, indent=2))
    else:
        from rich.console import Console
        from rich.table import Table

        table = Table("drill", *(row["drill"] for row in told))
        for key in list(told[0])[1:]:
            table.add_row(key, *(str(row[key]) for row in told))
        Console().print(table)
    if not all(row["passed"] for row in told):
        raise typer.Exit(1)

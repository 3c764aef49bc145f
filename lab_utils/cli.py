"""The ``lab`` command: the embedded AWS, the house, batch runs and checks from a shell."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from lab_utils.errors import LabError

BATCH_SPEED = 60
_SHELLS = ("sh", "powershell", "cmd")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status: 0, or 1 with a message on stderr.

    A command that Ctrl-C ends, and that has no ending of its own, has the status 130.

    Args:
        argv: The arguments after the program's name; the process's own by default.
    """
    arguments = _parser().parse_args(argv)
    try:
        status = int(_command_of(arguments)(arguments))
        sys.stdout.flush()
        return status
    except LabError as error:
        _report_error(error, getattr(arguments, "json", False))
        return 1
    except KeyboardInterrupt:
        print("lab: stopped by Ctrl-C", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever reads the output has seen enough, as in `lab start | head -1`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _command_of(arguments: argparse.Namespace) -> Any:
    """Return the command's function, whose module is loaded now and no sooner.

    ``lab status`` must not wait for what only a batch run needs: pandas, nbconvert, the MQTT SDK.
    """
    module, name = arguments.command
    return getattr(importlib.import_module(f"lab_utils.commands.{module}"), name)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lab", description="The lab of Practical AWS IoT Core, from a shell."
    )
    parser.add_argument("--workspace", help="folder to work in (default: LAB_WORKSPACE)")
    parser.add_argument("--target", help="local or aws (default: LAB_TARGET, else local)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    _add_server(commands)

    run = _add(commands, "run.run", "run notebooks in batch, in a fresh workspace")
    run.add_argument("names", nargs="*", metavar="NAME", help="such as 02; all by default")
    run.add_argument("--speed", type=int, default=BATCH_SPEED, help="the lab clock's factor")
    run.add_argument("-p", "--parameter", action="append", default=[], metavar="NAME=VALUE")
    run.add_argument("--list", action="store_true", help="list the notebooks' parameters only")

    _add(commands, "doctor.doctor", "say what is missing on this machine, and how to get it")

    check = _add(commands, "check.check", "run the checks on the workspace")
    check.add_argument("part", nargs="?", type=int, help="a part's number; all by default")

    _add_functions(commands)
    _add_pipeline(commands)
    mutants = _add(commands, "mutants.mutants", "say which mistakes in the function tests notice")
    mutants.add_argument("folder", nargs="?", help="such as lambda/ac_control_lambda")

    _add_house(commands)
    _add_quicksight(commands)
    grafana = _add(commands, "grafana.grafana", "write the house's dashboard for Grafana")
    grafana.add_argument("file", metavar="OUT.json", help="where to")

    bench = _add(commands, "bench.bench", "measure how fast the embedded AWS is, as ratios")
    bench.add_argument("names", nargs="*", metavar="NAME", help="such as ingest; all by default")
    bench.add_argument("--size", type=int, help="how many messages, records or rows")
    bench.add_argument("--rounds", type=int, help="how often each side of a ratio is measured")

    _add_resources(commands)
    _add_grading(commands)
    return parser


def _add_grading(commands: Any) -> None:
    _add_release(commands)
    _add_verify(commands)
    _add_grade(commands)


def _add_release(commands: Any) -> None:
    release = _add(commands, "release.release", "write the students' version: folder and zip")
    release.add_argument("out", metavar="OUT", help="the folder; its zip is OUT.zip")
    release.add_argument("--force", action="store_true", help="replace a release that is there")


def _add_verify(commands: Any) -> None:
    verify = _add(commands, "verify.verify", "grade a workspace or repository by what it does")
    verify.add_argument("folder", metavar="DIR", help="the practical's files; stays as it is")
    verify.add_argument("--checks", metavar="DIR", help="a folder of checks of your own")
    verify.add_argument("--speed", type=int, default=BATCH_SPEED, help="the lab clock's factor")
    verify.add_argument(
        "--time-limit", type=float, default=600.0, metavar="SECONDS", help="for all of it"
    )


def _add_grade(commands: Any) -> None:
    grade = _add(commands, "grade.grade", "grade a folder of submissions, each in a sandbox")
    add = grade.add_argument
    add("submissions", help="a folder with a folder, zip or notebook for each student")
    add("--out", required=True, metavar="DIR", help="where results, tables and pages go")
    add("--jobs", type=int, metavar="N", help="how many at once (default: one for each core)")
    add("--scheduler", metavar="tcp://HOST:PORT", help="a running dask scheduler, for its workers")
    add("--resume", action="store_true", help="go on with the batch that was stopped")
    add("--unsafe", action="store_true", help="without a sandbox: only for work that you trust")
    add("--only", action="append", default=[], metavar="STUDENT", help="grade this student only")
    add("--assignment", metavar="NAME", help="of nbgrader's assignments this one only")
    add("--checks", metavar="DIR", help="a folder of your own checks, which students do not see")
    add("--time-limit", type=float, metavar="SECONDS", help="for one submission (default: 600)")
    add("--speed", type=int, help="the lab clock's factor")
    add("--keep-runtime", action="append", metavar="NAME", help="the retired runtimes to accept")
    add("--due", metavar="TIME", help="such as 2026-11-28T23:59+01:00")
    add("--late", metavar="RULE", help='such as "10%%/day,max 50%%", of the points earned')
    add("--grace", type=float, default=0.0, metavar="MINUTES", help="after --due, at no cost")
    add("--times", metavar="CSV", help="when each was handed in: student,submitted_at")
    add("--time-zone", metavar="NAME", help="of times without one, such as Europe/Paris")
    add("--db", metavar="URL", help="nbgrader's gradebook (default: DIR/gradebook.db)")


def _add_resources(commands: Any) -> None:
    destroy = _add(commands, "destroy.destroy", "destroy all that was made, and prove it")
    destroy.add_argument("--yes", action="store_true", help="do not ask")
    destroy.add_argument("--dry-run", action="store_true", help="only say what would go")
    destroy.add_argument(
        "--leftovers", action="store_true", help="remove what Terraform did not make, too"
    )

    terraform = commands.add_parser(
        "terraform", help="run Terraform in terraform/ on the lab's target", prefix_chars="\0"
    )
    terraform.add_argument("arguments", nargs=argparse.REMAINDER)
    terraform.set_defaults(command=("terraform", "terraform"))


def _add_server(commands: Any) -> None:
    start = _add(commands, "server.start", "start the embedded AWS; print its environment")
    start.add_argument("--speed", type=int, help="how many times faster the lab's time runs")
    start.add_argument("--shell", choices=_SHELLS, default="sh", help="form of the environment")
    _add(commands, "server.stop", "stop the embedded AWS; what it stored stays")
    _add(commands, "server.status", "say whether it runs, and where")
    _add(commands, "server.reset", "throw away all that it stored, and start it anew")


def _add_house(commands: Any) -> None:
    house = _add(commands, "simulate.simulate", "run the house: its sensors and air conditioners")
    house.add_argument("--minutes", type=float, help="lab minutes (default: until Ctrl-C)")
    house.add_argument("--zones", type=int, default=2, help="each with an air conditioner")
    house.add_argument("--rooms", type=int, default=2, help="rooms in each zone")
    house.add_argument("--seed", type=int, default=7, help="of all that is random")
    page = _add(commands, "dashboard.dashboard", "serve the page that shows the house live")
    page.add_argument("--port", type=int, help="such as 5006; a free one by default")
    page.add_argument("--no-browser", action="store_true", help="only print its address")


def _add_quicksight(commands: Any) -> None:
    text = "the dashboard in Amazon QuickSight, on your own account: its cost first of all"
    verbs = commands.add_parser("quicksight", help=text, description=text)
    verbs = verbs.add_subparsers(required=True, metavar="VERB")
    cost = _add(verbs, "quicksight.cost", "say what QuickSight costs a month; makes nothing")
    cost.add_argument("--authors", type=int, default=1, help="users who make dashboards")
    cost.add_argument("--readers", type=int, default=0, help="users who only look")
    create = _add(verbs, "quicksight.create", "make data source, data set and dashboard")
    create.add_argument("--user", metavar="ARN", help="the QuickSight user who shall own them")
    create.add_argument("--yes", action="store_true", help="you have read the cost, and want it")
    create.add_argument("--days", type=int, default=1, help="how far back it can look")
    create.add_argument("--data-source", metavar="ARN", help="one on Timestream that exists")
    _add(verbs, "quicksight.status", "say what there is of the workbook in QuickSight")
    delete = _add(verbs, "quicksight.delete", "delete what the workbook made in QuickSight")
    delete.add_argument(
        "--subscription",
        metavar="ACCOUNT",
        help="the account's id: delete QuickSight from it, with EVERYTHING in EVERY Region",
    )


def _add_functions(commands: Any) -> None:
    package = _add(commands, "functions.package", "pack the Lambda function into build/")
    package.add_argument("folder", nargs="?", help="such as lambda/ac_control_lambda")
    deploy = _add(commands, "functions.deploy", "give the function its packed code")
    deploy.add_argument("function", nargs="?", default="ac_control_lambda")
    invoke = _add(commands, "functions.invoke", "invoke a function; print what it returned")
    invoke.add_argument("function")
    invoke.add_argument("--event", default="{}", metavar="JSON", help="what its handler gets")
    logs = _add(commands, "functions.logs", "print what a function logged")
    logs.add_argument("function")
    logs.add_argument("--follow", action="store_true", help="print what it logs from now on")
    logs.add_argument("--minutes", type=float, help="only the last minutes, in lab time")
    logs.add_argument("--pattern", default="", help="a filter pattern of CloudWatch Logs")


def _add_pipeline(commands: Any) -> None:
    text = "look at the GitLab pipeline, or run it on this machine"
    verbs = commands.add_parser("pipeline", help=text, description=text)
    verbs = verbs.add_subparsers(required=True, metavar="VERB")
    lint = _add(verbs, "pipeline.lint", "say what is wrong with the pipeline file")
    run = _add(verbs, "pipeline.run", "run the pipeline's jobs; deploy goes to the lab's target")
    _add(verbs, "pipeline.install", "install gitlab-ci-local, which runs it; needs a network")
    _add(verbs, "pipeline.wheels", "keep the packages that jobs install; needs a network")
    for verb in (lint, run):
        verb.add_argument("file", nargs="?", help="such as .gitlab-ci.yml")
    run.add_argument("--branch", help="the branch to run for (default: the default branch)")


def _add(commands: Any, place: str, text: str) -> argparse.ArgumentParser:
    module, name = place.split(".")
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.set_defaults(command=(module, name))
    return parser


def _report_error(error: LabError, as_json: bool) -> None:
    if as_json:
        fields = ("attempted", "happened", "next_step")
        named = {name: getattr(error, name) for name in fields}
        print(json.dumps({"error": {"type": type(error).__name__, **named}}))
    print(f"lab: {error}", file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
